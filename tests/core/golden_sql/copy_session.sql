ALTER SESSION SET QUERY_TAG = '{"sfetl":"flights","month":"2013-01","run":"c2281af2d05d","step":"copy","attempt":1,"batch":1}', STATEMENT_TIMEOUT_IN_SECONDS = 3600, ABORT_DETACHED_QUERY = FALSE
