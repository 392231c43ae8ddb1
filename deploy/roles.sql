-- The three roles of an installation, made once by a superuser:  psql -d postgres -f deploy/roles.sql
-- They get no password here; give each its own with \password. What they may do is said by `manage.py migrate`,
-- after every migration, so run it again when the roles were made later than the tables.
--   kpi_owner   owns the database and its tables: migrations, backup and restore; never the web server
--   kpi_app     web server, worker and scheduler: rows only as the policies let the acting account have them
--   kpi_verify  reads everything and changes nothing: verifying the ledger, inspections
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['kpi_owner', 'kpi_app', 'kpi_verify'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
        END IF;
    END LOOP;
END $$;
