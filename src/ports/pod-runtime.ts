import type { PodManifest } from '../domain/pod-manifest.js';

export type ContainerState =
  | { kind: 'waiting'; reason: string; message: string }
  | { kind: 'running'; startedAt: Date | null }
  | {
      kind: 'terminated';
      exitCode: number;
      signal: number | null;
      reason: string;
      /** The termination message: for the scanner, its receipt. Empty where the engine has none (Podman). */
      message: string;
      finishedAt: Date | null;
    };

export interface ContainerObservation {
  name: string;
  init: boolean;
  /** The engine's id, 64 hex digits without a scheme, or null while it has none. */
  containerId: string | null;
  imageId: string | null;
  restartCount: number;
  state: ContainerState;
}

/** What an engine said of one scan pod at one moment. */
export interface PodObservation {
  name: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
  createdAt: Date;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  reason: string;
  message: string;
  deleting: boolean;
  node: string | null;
  /** Conditions that are not True, such as PodScheduled with reason Unschedulable, and DisruptionTarget (Kubernetes 1.26 and later) if it is. */
  troubles: readonly { type: string; reason: string; message: string }[];
  containers: readonly ContainerObservation[];
}

export interface PodEvent {
  at: Date | null;
  type: string;
  reason: string;
  message: string;
  count: number;
}

/** A change that the watch saw; `gone` when the pod no longer exists. */
export type PodChange = { kind: 'seen'; pod: PodObservation } | { kind: 'gone'; name: string };

/** Files handed to a pod: an immutable ConfigMap named by what it holds. */
export interface PodFiles {
  name: string;
  labels: Readonly<Record<string, string>>;
  files: Readonly<Record<string, Uint8Array>>;
}

/** Files that one pod alone mounts, as its Secret: the engine keeps them from everybody else, and they end with the pod. */
export type PodSecret = Readonly<Record<string, Uint8Array>>;

/** A pod that the engine refuses for what it is (403, 422, admission): trying again does not help. */
export class PodRefused extends Error {}

/** The namespace takes no more pods now (a quota): when others have ended it may. */
export class NoRoom extends Error {}

/** The engine that runs scan pods. All calls are about pods with the label app.kubernetes.io/managed-by=sidescan only. */
export abstract class PodRuntime {
  /** Makes the files available to pods; files of that name that already exist are taken as the same. */
  abstract provide(files: PodFiles): Promise<void>;
  /** The files under a name in the scan namespace that a user keeps there, or null. Podman and memory know only provided ones. */
  abstract readFiles(name: string): Promise<Readonly<Record<string, Uint8Array>> | null>;
  /** Removes provided files that no pod uses and that were made before then; their names. What `provide` has made or found since stays usable. */
  abstract removeUnusedFiles(before: Date): Promise<string[]>;
  /**
   * Launches the pod; `exists` if a pod of that name is there already, which then is taken as launched. `secret`: the files of the Secret that the
   * manifest mounts; a pod that was left without them gets them by the same call. Throws PodRefused or NoRoom.
   */
  abstract create(manifest: PodManifest, secret?: PodSecret): Promise<'created' | 'exists'>;
  /**
   * One watch for all pods: every pod that exists, then every change, until `signal`; it re-lists after a lost connection,
   * and tells `gone` for pods that disappeared meanwhile. Resolves after `signal`; never throws for a connection that comes back.
   */
  abstract watch(onChange: (change: PodChange) => void, signal: AbortSignal): Promise<void>;
  abstract list(): Promise<PodObservation[]>;
  abstract get(name: string): Promise<PodObservation | null>;
  /** Log of one container, at most `maxBytes` of it (of its end with `tailLines`). Null if pod or container have none. */
  abstract log(
    name: string,
    container: string,
    limit: { maxBytes: number; tailLines?: number },
  ): Promise<Buffer | null>;
  abstract events(name: string): Promise<PodEvent[]>;
  /** Asks for the removal of the pod, and resolves when it no longer exists or after the pod's grace period and some seconds; a pod that is not there is fine. */
  abstract remove(name: string): Promise<'gone' | 'going'>;
  /** Resolves if the engine answers; throws with the reason otherwise. */
  abstract check(): Promise<void>;
  /** Lets go of connections and child processes; pods stay. */
  abstract close(): Promise<void> | void;
}
