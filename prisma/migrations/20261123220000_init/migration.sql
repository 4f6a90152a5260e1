-- Projects own everything; a key belongs to one project.
CREATE TABLE "projects" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "projects_name_key" ON "projects"("name");

-- The default project is always there: the bootstrap key belongs to it.
INSERT INTO "projects" ("id", "name") VALUES ('proj_00000000000000000000000000', 'default');

CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "bootstrap" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");
CREATE INDEX "api_keys_project_id_idx" ON "api_keys"("project_id");

CREATE TABLE "targets" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "image" TEXT NOT NULL,
    "namespace" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "targets_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "targets_project_id_identity_key" ON "targets"("project_id", "identity");

CREATE TABLE "profiles" (
    "id" TEXT NOT NULL,
    "project_id" TEXT,
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "profiles_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "profiles_project_id_digest_key" ON "profiles"("project_id", "digest");
CREATE INDEX "profiles_name_version_idx" ON "profiles"("name", "version");

CREATE TABLE "scans" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "verdict" TEXT NOT NULL DEFAULT 'none',
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "target" JSONB NOT NULL,
    "image" TEXT NOT NULL,
    "namespace" TEXT,
    "profile_name" TEXT,
    "profile_version" TEXT,
    "profile_config_map" TEXT,
    "profile_digest" TEXT,
    "threshold" JSONB,
    "labels" JSONB NOT NULL DEFAULT '{}',
    "timeout_seconds" INTEGER NOT NULL,
    "security_mode" TEXT NOT NULL,
    "allow_target_commands" TEXT[],
    "summary" JSONB,
    "coverage" JSONB,
    "breaches" JSONB NOT NULL DEFAULT '[]',
    "failure" JSONB,
    "evidence" JSONB,
    "report_key" TEXT,
    "report_sha256" TEXT,
    "report_bytes" INTEGER,
    "pod_name" TEXT,
    "pod_gone_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    CONSTRAINT "scans_pkey" PRIMARY KEY ("id"),
    -- What no code path may write, whoever writes it.
    CONSTRAINT "scans_state_check" CHECK ("state" IN ('queued', 'starting', 'scanning', 'collecting', 'completed', 'failed', 'canceled')),
    CONSTRAINT "scans_verdict_check" CHECK ("verdict" = 'none' OR ("verdict" IN ('passed', 'failed') AND "state" = 'completed')),
    CONSTRAINT "scans_security_mode_check" CHECK ("security_mode" IN ('general', 'baseline', 'restricted')),
    CONSTRAINT "scans_completed_check" CHECK ("state" <> 'completed' OR ("report_key" IS NOT NULL AND "report_sha256" IS NOT NULL AND "report_bytes" IS NOT NULL AND "summary" IS NOT NULL)),
    CONSTRAINT "scans_failed_check" CHECK (("state" = 'failed') = ("failure" IS NOT NULL)),
    CONSTRAINT "scans_finished_check" CHECK (("state" IN ('completed', 'failed', 'canceled')) = ("finished_at" IS NOT NULL))
);
CREATE INDEX "scans_project_id_created_at_id_idx" ON "scans"("project_id", "created_at" DESC, "id" DESC);
CREATE INDEX "scans_target_id_created_at_idx" ON "scans"("target_id", "created_at" DESC);
CREATE INDEX "scans_state_idx" ON "scans"("state");
CREATE INDEX "scans_pod_gone_at_pod_name_idx" ON "scans"("pod_gone_at", "pod_name");
CREATE INDEX "scans_labels_idx" ON "scans" USING GIN ("labels" jsonb_path_ops);

CREATE TABLE "control_results" (
    "scan_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "control_id" TEXT NOT NULL,
    "profile_name" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "impact" DOUBLE PRECISION NOT NULL,
    "waived" BOOLEAN NOT NULL,
    "title" TEXT,
    "message" TEXT,
    CONSTRAINT "control_results_pkey" PRIMARY KEY ("scan_id", "position")
);
CREATE INDEX "control_results_control_id_status_idx" ON "control_results"("control_id", "status");

CREATE TABLE "latest_results" (
    "project_id" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "profile_key" TEXT NOT NULL,
    "scan_id" TEXT NOT NULL,
    "image" TEXT NOT NULL,
    "namespace" TEXT,
    "verdict" TEXT NOT NULL,
    "controls" INTEGER NOT NULL,
    "waived" INTEGER NOT NULL,
    "passed" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "skipped" INTEGER NOT NULL,
    "error" INTEGER NOT NULL,
    "no_impact" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "latest_results_pkey" PRIMARY KEY ("target_id", "profile_key"),
    CONSTRAINT "latest_results_verdict_check" CHECK ("verdict" IN ('passed', 'failed', 'none'))
);
CREATE INDEX "latest_results_project_id_idx" ON "latest_results"("project_id");
CREATE INDEX "latest_results_scan_id_idx" ON "latest_results"("scan_id");

ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "targets" ADD CONSTRAINT "targets_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "scans" ADD CONSTRAINT "scans_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "scans" ADD CONSTRAINT "scans_target_id_fkey" FOREIGN KEY ("target_id") REFERENCES "targets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "control_results" ADD CONSTRAINT "control_results_scan_id_fkey" FOREIGN KEY ("scan_id") REFERENCES "scans"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "latest_results" ADD CONSTRAINT "latest_results_target_id_fkey" FOREIGN KEY ("target_id") REFERENCES "targets"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "latest_results" ADD CONSTRAINT "latest_results_scan_id_fkey" FOREIGN KEY ("scan_id") REFERENCES "scans"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whoever waits for a scan hears of every change of its state when the change is committed: nobody polls.
CREATE FUNCTION "notify_scan_state"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('scan_state', NEW."id");
    RETURN NULL;
END
$$;
CREATE TRIGGER "scans_notify_insert" AFTER INSERT ON "scans" FOR EACH ROW EXECUTE FUNCTION "notify_scan_state"();
CREATE TRIGGER "scans_notify_state" AFTER UPDATE OF "state" ON "scans" FOR EACH ROW EXECUTE FUNCTION "notify_scan_state"();
