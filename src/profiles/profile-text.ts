export const PROFILE_STATES = ['reading', 'ready', 'invalid'] as const;
/** How far the auditor is with the texts of an archive. */
export type ProfileState = (typeof PROFILE_STATES)[number];

/** The text of one control, as the auditor read it in the profile. */
export interface ProfileControlText {
  controlId: string;
  title: string | null;
  desc: string | null;
  /** 0 to 1. */
  impact: number;
  tags: Readonly<Record<string, unknown>>;
  refs: readonly unknown[];
  code: string;
}

/** What is known of the texts of one archive, whoever uploaded it. */
export interface ProfileText {
  digest: string;
  state: ProfileState;
  attempt: number;
  /** What the auditor found wrong; empty unless `invalid`. */
  problems: string[];
  /** How many controls were read; 0 unless `ready`. */
  controls: number;
  podName: string | null;
  readAt: Date | null;
}
