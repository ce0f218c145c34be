-- Roles and the schema. A superuser runs this in the campaign database, before the first migration; it may be run again.
--
--   hongbao_owner     owns every object; nobody signs in as it
--   hongbao_migrator  applies migrations: SET ROLE hongbao_owner
--   hongbao_engine    `hongbao serve` and the command line: reads, and calls functions; writes no table directly
--   hongbao_admin     what operators do with money: settings, approvals, corrections, top-ups, the close of a campaign; and what the engine may
--   hongbao_auditor   `hongbao audit`, `hongbao verify-draws`: reads everything but unrevealed secrets
--
-- Passwords and pg_hba.conf are the operator's.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hongbao_owner') THEN
        CREATE ROLE hongbao_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hongbao_migrator') THEN
        CREATE ROLE hongbao_migrator LOGIN NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hongbao_engine') THEN
        CREATE ROLE hongbao_engine LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hongbao_admin') THEN
        CREATE ROLE hongbao_admin LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hongbao_auditor') THEN
        CREATE ROLE hongbao_auditor LOGIN;
    END IF;
END
$$;

GRANT hongbao_owner TO hongbao_migrator;
GRANT hongbao_engine TO hongbao_admin;

ALTER ROLE hongbao_owner SET search_path = hongbao;
ALTER ROLE hongbao_migrator SET search_path = hongbao;
ALTER ROLE hongbao_engine SET search_path = hongbao;
ALTER ROLE hongbao_admin SET search_path = hongbao;
ALTER ROLE hongbao_auditor SET search_path = hongbao;

-- A frozen leader would hold its fence for ever: the server ends its transaction instead.
ALTER ROLE hongbao_engine SET idle_in_transaction_session_timeout = '5s';
-- Short statements: compiling them costs more than running them.
ALTER ROLE hongbao_engine SET jit = off;
ALTER ROLE hongbao_admin SET jit = off;
ALTER ROLE hongbao_auditor SET jit = off;

CREATE SCHEMA IF NOT EXISTS hongbao AUTHORIZATION hongbao_owner;
REVOKE ALL ON SCHEMA hongbao FROM PUBLIC;
GRANT USAGE ON SCHEMA hongbao TO hongbao_engine, hongbao_admin, hongbao_auditor;
