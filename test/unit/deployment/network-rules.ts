/** A pod as network policies see it. */
export interface Peer {
  namespace: string;
  labels: Readonly<Record<string, string>>;
  /** Its named ports. */
  ports?: Readonly<Record<string, number>>;
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: unknown;
}
interface Other {
  podSelector?: Selector;
  namespaceSelector?: unknown;
  ipBlock?: unknown;
}
interface Port {
  port?: string | number;
}
/** A NetworkPolicy as far as ours go; anything more in one is an error below, not ignored. */
export interface NetworkPolicy {
  metadata: { namespace: string };
  spec: {
    podSelector: Selector;
    policyTypes: ('Ingress' | 'Egress')[];
    ingress?: { from?: Other[]; ports?: Port[] }[];
    egress?: { to?: Other[]; ports?: Port[] }[];
  };
}

/**
 * Whether the policies let `from` open a connection to a port of `to`; null: somebody or something outside the cluster. As
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/ says: a pod that no policy of a direction selects
 * is open in that direction, one that some select takes what any of them allows.
 */
export function mayConnect(
  policies: readonly NetworkPolicy[],
  from: Peer | null,
  to: Peer | null,
  port: number,
): boolean {
  const leaves = selecting(policies, 'Egress', from).map(({ spec }) =>
    (spec.egress ?? []).some((rule) => hasPeer(rule.to, from, to) && hasPort(rule.ports, to, port)),
  );
  const enters = selecting(policies, 'Ingress', to).map(({ spec }) =>
    (spec.ingress ?? []).some((rule) => hasPeer(rule.from, to, from) && hasPort(rule.ports, to, port)),
  );
  return [leaves, enters].every((allowed) => allowed.length === 0 || allowed.includes(true));
}

function selecting(
  policies: readonly NetworkPolicy[],
  direction: 'Ingress' | 'Egress',
  pod: Peer | null,
): readonly NetworkPolicy[] {
  if (pod === null) return [];
  return policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      matches(spec.podSelector, pod.labels),
  );
}

function hasPeer(others: Other[] | undefined, pod: Peer | null, other: Peer | null): boolean {
  if (others === undefined || others.length === 0) return true;
  return others.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if (namespaceSelector !== undefined || ipBlock !== undefined) throw new Error('not read by this check');
    return other !== null && other.namespace === pod?.namespace && matches(podSelector, other.labels);
  });
}

function hasPort(ports: Port[] | undefined, to: Peer | null, port: number): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some((one) => (typeof one.port === 'string' ? to?.ports?.[one.port] : one.port) === port);
}

function matches(selector: Selector | undefined, labels: Peer['labels']): boolean {
  if (selector?.matchExpressions !== undefined) throw new Error('not read by this check');
  return Object.entries(selector?.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
}
