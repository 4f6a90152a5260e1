/** An image reference in its parts, by the grammar of distribution/reference; defaults (docker.io, library, latest) filled in. */
export interface ImageReference {
  registry: string;
  path: string;
  /** Null where a digest stands: engines ignore a tag beside it. */
  tag: string | null;
  digest: string | null;
}

/** What is wrong with an image reference, in words for the person who wrote it. */
export class ImageReferenceError extends Error {}

const HOST_LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const HOST = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-f0-9:]+\\])$`);
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const NAME_MAX = 255;

/** Reads `[registry[:port]/]path[:tag][@sha256:…]`; throws ImageReferenceError that says which part is wrong. */
export function parseImageReference(text: string): ImageReference {
  if (text === '') throw new ImageReferenceError('is empty');
  if (/[\s\p{Cc}]/u.test(text)) throw new ImageReferenceError('must not have blanks or control characters');
  if (text.includes('://')) throw new ImageReferenceError('must not begin with a scheme such as https://');
  const { rest, digest } = splitDigest(text);
  const { name, tag } = splitTag(rest);
  const { registry, path } = splitName(name);
  return { registry, path, digest, tag: digest === null ? (tag ?? 'latest') : null };
}

/** The one spelling of an image: two references with the same spelling are the same target. */
export function normalizeImage(text: string): string {
  const { registry, path, tag, digest } = parseImageReference(text);
  return `${registry}/${path}${digest === null ? `:${tag}` : `@${digest}`}`;
}

function splitDigest(text: string): { rest: string; digest: string | null } {
  const at = text.indexOf('@');
  if (at < 0) return { rest: text, digest: null };
  const digest = text.slice(at + 1);
  if (!DIGEST.test(digest)) {
    throw new ImageReferenceError('has a digest that is not "sha256:" and 64 lower-case hexadecimal digits');
  }
  return { rest: text.slice(0, at), digest };
}

function splitTag(rest: string): { name: string; tag: string | null } {
  const colon = rest.lastIndexOf(':');
  if (colon <= rest.lastIndexOf('/') || colon < 0) return { name: rest, tag: null }; // that colon is the port's
  const tag = rest.slice(colon + 1);
  if (tag === '') throw new ImageReferenceError('has nothing after the colon where a tag should be');
  if (!TAG.test(tag)) {
    throw new ImageReferenceError(
      `has the tag "${shown(tag)}"; a tag has letters, digits, ".", "_" and "-", at most 128, and begins with none of ".-"`,
    );
  }
  return { name: rest.slice(0, colon), tag };
}

function splitName(name: string): { registry: string; path: string } {
  if (/[A-Z]/.test(name)) throw new ImageReferenceError('must be lower case (only a tag may have upper case)');
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  // As Docker reads it: without a dot, a port or "localhost" the first part is no registry.
  const hasRegistry = first === 'localhost' || /[.:[]/.test(first);
  const path = hasRegistry ? name.slice(slash + 1) : name;
  const registry = hasRegistry ? checkedRegistry(first) : 'docker.io';
  for (const component of path.split('/')) checkComponent(component);
  const full = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  if (registry.length + 1 + full.length > NAME_MAX) {
    throw new ImageReferenceError(`has a name longer than ${NAME_MAX} characters`);
  }
  if (!hasRegistry && /^[a-f0-9]{64}$/.test(path)) {
    throw new ImageReferenceError('is an image id; an id means nothing to another machine, give a name');
  }
  return { registry, path: full };
}

function checkedRegistry(text: string): string {
  const match = /^(.*?)(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? '';
  const port = match?.[2];
  if (!HOST.test(host)) throw new ImageReferenceError(`has the registry "${shown(text)}", which is no host name`);
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    throw new ImageReferenceError(`has the port ${shown(port)}; a port is 1 to 65535`);
  }
  return text === 'index.docker.io' ? 'docker.io' : text;
}

function checkComponent(component: string): void {
  if (component === '') throw new ImageReferenceError('has an empty part in its path');
  if (!PATH_COMPONENT.test(component)) {
    throw new ImageReferenceError(
      `has the part "${shown(component)}"; a part has a-z and 0-9, with ".", "_", "__" or "-" between them`,
    );
  }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
