import { ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { SCOPES, type Scope } from './scopes.js';

/** A new API key. */
export class CreateKeyDto {
  /**
   * What the key is for, to recognize it in the list.
   * @example "pipeline of team shop"
   */
  @IsString()
  @Matches(/^[^\p{Cc}\p{Surrogate}]{1,100}$/u, { message: 'must have 1 to 100 characters, no control characters' })
  name: string;

  /**
   * What the key may do. No scope holds another: `admin` manages keys and reads no scan.
   * @example ["scans:write", "scans:read"]
   */
  @IsArray()
  @ArrayNotEmpty({ message: 'must name at least one scope' })
  @ArrayUnique({ message: 'must name a scope only once' })
  @IsIn(SCOPES, { each: true, message: `must be among ${SCOPES.join(', ')}` })
  scopes: ('scans:write' | 'scans:read' | 'profiles:write' | 'admin')[];

  /**
   * The project of the key, made if there is none of that name. Only admin keys of the project `default` may name another project than
   * their own: that is how a project gets its first key. Left out: the caller's own project.
   * @example "shop"
   */
  @IsOptional()
  @IsString()
  @Matches(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    message: 'must have a-z, 0-9 and "-", begin and end with a-z or 0-9, at most 63',
  })
  project?: string;
}

/** An API key, without the key itself. */
export class KeyDto {
  /** @example "key_01kb2v9r7vf3d1z6x8m4n5p6q7" */
  id: string;
  name: string;
  scopes: Scope[];
  /** It is the value of SIDESCAN_ADMIN_KEY, and changes with that variable only. */
  bootstrap: boolean;
  createdAt: Date;
  /** To the minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** A new key: the only answer that ever shows it. */
export class CreatedKeyDto extends KeyDto {
  /** Name of the project that the key belongs to. */
  project: string;
  /**
   * The key itself. It is not kept and cannot be shown again.
   * @example "sk_01kb2v9r7vf3d1z6x8m4n5p6q7_5b0c…"
   */
  key: string;
}

export class KeyPageDto {
  items: KeyDto[];
  /** Cursor of the next page, or null. */
  next: string | null;
}
