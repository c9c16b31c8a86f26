#!/bin/sh
# The role that Atrium connects as. It owns its database and makes a role per tenant, and is no superuser.
set -eu
psql --username=postgres --set=ON_ERROR_STOP=1 --set=password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE atrium LOGIN CREATEROLE NOSUPERUSER PASSWORD :'password';
CREATE DATABASE atrium OWNER atrium;
SQL
