-- Puts a restored database in the place of the live one, even while a sweeper or anything else is connected to either:
--   su - postgres -c "psql --set=live=tachi --set=restored=tachi_restored --set=old=tachi_before postgres" < FILE
-- If it fails, nothing is renamed, and both databases refuse connections: run it again.
\set ON_ERROR_STOP on
ALTER DATABASE :"live" ALLOW_CONNECTIONS false;
ALTER DATABASE :"restored" ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid)) AS closed_connections
FROM pg_stat_activity WHERE datname IN (:'live', :'restored');
BEGIN;
ALTER DATABASE :"live" RENAME TO :"old";
ALTER DATABASE :"restored" RENAME TO :"live";
ALTER DATABASE :"live" ALLOW_CONNECTIONS true;
ALTER DATABASE :"old" ALLOW_CONNECTIONS true;
COMMIT;
