/** A profile that can be run: its archive by content. */
export class ProfileDto {
  id: string;
  /** @example "container-baseline" */
  name: string;
  /** @example "1.0.0" */
  version: string;
  title: string;
  /** Of the archive: `sha256:` and 64 hexadecimal digits. */
  digest: string;
  /** Size of the archive. */
  bytes: number;
  /** It comes with the service. */
  builtIn: boolean;
  createdAt: Date;
}

export class ProfilePageDto {
  items: ProfileDto[];
  /** Always null: all profiles fit into one page. */
  next: string | null;
}
