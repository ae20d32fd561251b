"""The reference pages of docs/, written from the code: ``make reference``. A test holds pages and code together.

Each module here writes one page and is a pure function of what it is given; ``pages`` puts them together.
"""
