import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** Most items of a page. */
export const PAGE_SIZE_MAX = 200;
/** Items of a page if the request does not say. */
export const PAGE_SIZE_DEFAULT = 50;

export class PageQuery {
  /** How many items, at most. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(PAGE_SIZE_MAX)
  @ApiProperty({ maximum: PAGE_SIZE_MAX, default: PAGE_SIZE_DEFAULT })
  limit?: number;

  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  cursor?: string;
}
