-- A version of a project's profile is one archive: two uploads at once cannot both become it.
CREATE UNIQUE INDEX "profiles_project_id_name_version_key" ON "profiles"("project_id", "name", "version")
    WHERE "deleted_at" IS NULL AND "project_id" IS NOT NULL;

-- Results of a profile in a ConfigMap no longer stand in the place of those of a stored one that has the same name.
UPDATE "latest_results" AS latest SET "profile_key" = 'configMap:' || scans."profile_config_map" || '/' || latest."profile_key"
    FROM "scans" WHERE scans."id" = latest."scan_id" AND scans."profile_config_map" IS NOT NULL;
