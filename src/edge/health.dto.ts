export class LiveDto {
  status: 'ok';
}

export class PartDto {
  ready: boolean;
  /** Why not; null if it is ready. */
  reason: string | null;
}

export class PartsDto {
  database: PartDto;
  queue: PartDto;
  store: PartDto;
}

export class ReadyDto {
  status: 'ok' | 'unavailable';
  parts: PartsDto;
}
