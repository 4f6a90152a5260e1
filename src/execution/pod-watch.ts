import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PodRuntime, type PodChange, type PodObservation } from '../ports/pod-runtime.js';

/** What a follower hears: the newest observation, that the pod is gone, or nothing new within the time. */
export type Heard = { kind: 'seen'; pod: PodObservation } | { kind: 'gone' } | { kind: 'nothing' };

/** Hears of one pod. Only the newest state counts: observations in between may be skipped. */
export interface PodFollower {
  /** The next news, after at most `ms`; `nothing` at once when `signal` is aborted. */
  next(ms: number, signal: AbortSignal): Promise<Heard>;
  close(): void;
}

interface Listener {
  news: Heard | null;
  wake: () => void;
}

/** The one watch of this process over all scan pods; runners follow their own pod in it. */
@Injectable()
export class PodWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #latest = new Map<string, PodObservation>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #stop = new AbortController();
  #watching: Promise<void> | null = null;

  constructor(private readonly runtime: PodRuntime) {}

  onApplicationBootstrap(): void {
    this.#watching ??= this.runtime.watch((change) => this.#take(change), this.#stop.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  /** Follows one pod, from its newest known state on. Close it. */
  follow(name: string): PodFollower {
    const known = this.#latest.get(name);
    const listener: Listener = { news: known ? { kind: 'seen', pod: known } : null, wake: () => undefined };
    const listeners = this.#listeners.get(name) ?? new Set<Listener>();
    this.#listeners.set(name, listeners.add(listener));
    return {
      next: async (ms, signal) => {
        if (listener.news === null && !signal.aborted) await this.#wait(listener, ms, signal);
        const heard = listener.news ?? { kind: 'nothing' as const };
        listener.news = null;
        return heard;
      },
      close: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
      },
    };
  }

  #wait(listener: Listener, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        listener.wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal.addEventListener('abort', done);
      listener.wake = done;
    });
  }

  #take(change: PodChange): void {
    const name = change.kind === 'seen' ? change.pod.name : change.name;
    if (change.kind === 'seen') this.#latest.set(name, change.pod);
    else this.#latest.delete(name);
    for (const listener of this.#listeners.get(name) ?? []) {
      listener.news = change.kind === 'seen' ? { kind: 'seen', pod: change.pod } : { kind: 'gone' };
      listener.wake();
    }
  }
}
