const DNS_LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const QUALIFIED_PART = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** True for the name of a ConfigMap or Secret: a DNS subdomain (RFC 1123), at most 253 characters. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text);
}

/** What a name must look like, for messages. */
export const SUBDOMAIN_RULE =
  'must be a DNS subdomain (a-z, 0-9, "-" and ".", beginning and ending with a-z or 0-9, at most 253)';

/** True for a key as Kubernetes takes it for labels: `name` or `prefix/name`. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  return QUALIFIED_PART.test(name) && (slash < 0 || isSubdomain(text.slice(0, slash)));
}
