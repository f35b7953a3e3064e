"""Roles, grants, users, warehouses, and SHOW of what a role may see."""
