import type { Severity } from '../results/evaluation.js';
import { severityOf } from '../results/severity.js';
import type { ProfileControlDto, ProfileDto } from './profile.dto.js';
import type { ProfileControlText } from './profile-text.js';
import type { ProfileWithText } from './profiles.service.js';

/** A profile as clients see it. */
export function profileView({ profile, text }: ProfileWithText): ProfileDto {
  const { id, name, version, title, digest, bytes, builtIn, inputs, createdAt } = profile;
  const { state, problems, controls } = text;
  const self = `/v1/profiles/${id}`;
  return {
    id,
    name,
    version,
    title,
    digest,
    bytes,
    builtIn,
    state,
    problems,
    controls: state === 'reading' ? null : controls,
    inputs,
    createdAt,
    links: { self, controls: `${self}/controls`, content: `${self}/content` },
  };
}

/** A control's text as clients see it. */
export function controlView({ controlId, title, desc, impact, tags, code }: ProfileControlText): ProfileControlDto {
  // `strict` knows no other words.
  const severity = severityOf({ tags, impact }, 'strict') as Severity;
  return { id: controlId, title, desc, impact, severity, tags: { ...tags }, code };
}
