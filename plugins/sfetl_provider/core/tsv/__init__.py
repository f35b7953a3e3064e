"""What a delimited text file is: its records, its dates, its identity."""
