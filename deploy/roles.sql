-- For a database administrator who prepares the server by hand; `motcua migrate` does the same when DATABASE_URL is the owner's.
-- Run it in Một Cửa's own database, PostgreSQL 15 or newer, and give each role a password: \password motcua_intake, and so on.
--
--   psql --dbname=motcua --file=deploy/roles.sql

\set ON_ERROR_STOP on
BEGIN;

CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec

-- One role per service: it owns its schema and sees no other. Its search path is public, because a role named like a
-- schema would take that one for current.
SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY['motcua_intake', 'motcua_processing', 'motcua_notifications']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec

-- Who is no superuser may give a schema only to a role of which it is a member.
SELECT format('GRANT motcua_intake, motcua_processing, motcua_notifications TO %I', current_user)
 WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \gexec

ALTER ROLE motcua_intake LOGIN;
ALTER ROLE motcua_processing LOGIN;
ALTER ROLE motcua_notifications LOGIN;
ALTER ROLE motcua_intake SET search_path = public;
ALTER ROLE motcua_processing SET search_path = public;
ALTER ROLE motcua_notifications SET search_path = public;
SELECT format('GRANT CONNECT ON DATABASE %I TO motcua_intake, motcua_processing, motcua_notifications', current_database()) \gexec

CREATE SCHEMA IF NOT EXISTS intake AUTHORIZATION motcua_intake;
CREATE SCHEMA IF NOT EXISTS processing AUTHORIZATION motcua_processing;
CREATE SCHEMA IF NOT EXISTS notifications AUTHORIZATION motcua_notifications;
REVOKE ALL ON SCHEMA intake, processing, notifications FROM PUBLIC;

COMMIT;
