import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

type State = 'whole' | 'refusing' | 'silent';

/** A wire to a service that a test can cut: connections break off, are refused, or stay and carry nothing until the wire is whole again. */
export class CutWire {
  #state: State = 'whole';
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Connections that were made so far. */
  connectionsMade = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** A wire to where the URL leads. */
  static async to(url: string): Promise<CutWire> {
    const server = createServer();
    const wire = new CutWire(server, new URL(url));
    server.on('connection', (socket) => wire.#join(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  /** The URL that leads through this wire. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href.replace(/\/$/, '');
  }

  /** Breaks every connection off; new ones are made. */
  break(): void {
    for (const pair of this.#pairs) pair.forEach((socket) => socket.destroy());
  }

  /** Breaks every connection off and takes no new one. */
  refuse(): void {
    this.#state = 'refusing';
    this.break();
  }

  /** Nothing arrives any more, and nobody is told. */
  silence(): void {
    this.#state = 'silent';
    for (const pair of this.#pairs) pair.forEach((socket) => socket.pause());
  }

  /** What was silent goes on, with all that was sent meanwhile. */
  mend(): void {
    this.#state = 'whole';
    for (const pair of this.#pairs) pair.forEach((socket) => socket.resume());
  }

  async close(): Promise<void> {
    this.break();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(near: Socket): void {
    if (this.#state === 'refusing') return void near.destroy();
    const far = connect(Number(this.target.port), this.target.hostname);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    this.connectionsMade += 1;
    const end = (): void => {
      this.#pairs.delete(pair);
      pair.forEach((socket) => socket.destroy());
    };
    pair.forEach((socket, i) => {
      socket.on('data', (data) => void pair[1 - i]?.write(data));
      socket.on('error', end).on('close', end);
      if (this.#state === 'silent') socket.pause();
    });
  }
}
