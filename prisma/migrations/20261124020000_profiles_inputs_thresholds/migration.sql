ALTER TABLE "profiles" ADD COLUMN "object_key" TEXT,
    ADD COLUMN "inputs" JSONB NOT NULL DEFAULT '[]',
    ADD COLUMN "deleted_at" TIMESTAMPTZ(3);

CREATE TABLE "profile_texts" (
    "digest" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'reading',
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "problems" JSONB NOT NULL DEFAULT '[]',
    "pod_name" TEXT,
    "pod_gone_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "read_at" TIMESTAMPTZ(3),
    CONSTRAINT "profile_texts_pkey" PRIMARY KEY ("digest"),
    CONSTRAINT "profile_texts_state_check" CHECK ("state" IN ('reading', 'ready', 'invalid'))
);
CREATE INDEX "profile_texts_state_idx" ON "profile_texts"("state");

CREATE TABLE "profile_controls" (
    "digest" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "control_id" TEXT NOT NULL,
    "title" TEXT,
    "desc" TEXT,
    "impact" DOUBLE PRECISION NOT NULL,
    "tags" JSONB NOT NULL DEFAULT '{}',
    "refs" JSONB NOT NULL DEFAULT '[]',
    "code" TEXT NOT NULL,
    CONSTRAINT "profile_controls_pkey" PRIMARY KEY ("digest", "position")
);

CREATE TABLE "thresholds" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "definition" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "thresholds_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "thresholds_project_id_name_key" ON "thresholds"("project_id", "name");

CREATE TABLE "report_dictionaries" (
    "project_id" TEXT NOT NULL,
    "profile_digest" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "report_dictionaries_pkey" PRIMARY KEY ("project_id", "profile_digest")
);

ALTER TABLE "scans" ADD COLUMN "inputs" JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN "sensitive_input_names" TEXT[] DEFAULT ARRAY[]::TEXT[],
    ADD COLUMN "sensitive_inputs" BYTEA,
    ADD COLUMN "waivers" JSONB NOT NULL DEFAULT '{}',
    ADD COLUMN "threshold_name" TEXT;

ALTER TABLE "profile_controls" ADD CONSTRAINT "profile_controls_digest_fkey" FOREIGN KEY ("digest") REFERENCES "profile_texts"("digest") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "thresholds" ADD CONSTRAINT "thresholds_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "report_dictionaries" ADD CONSTRAINT "report_dictionaries_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whoever waits for a profile to be read hears of it when the change is committed.
CREATE FUNCTION "notify_profile_text"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('profile_text', NEW."digest");
    RETURN NULL;
END
$$;
CREATE TRIGGER "profile_texts_notify" AFTER UPDATE OF "state" ON "profile_texts" FOR EACH ROW EXECUTE FUNCTION "notify_profile_text"();
