import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';
import { FaultsOf } from './check.js';
import { numberFrom, oneLine, wholeNumber } from './query-rules.js';

/** Most items of a page. */
export const PAGE_SIZE_MAX = 200;
/** Items of a page if the request does not say. */
export const PAGE_SIZE_DEFAULT = 50;

export class PageQuery {
  /** How many items, at most. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => numberFrom(value))
  @FaultsOf(wholeNumber(1, PAGE_SIZE_MAX))
  @ApiProperty({ minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE_DEFAULT })
  limit?: number;

  /** `next` of the page before. */
  @IsOptional()
  @FaultsOf(oneLine(1000))
  cursor?: string;
}
