import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiRefusals } from '../edge/api-refusals.js';
import type { Checked } from '../edge/check.js';
import { CheckLater } from '../edge/check.pipe.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT, PageQuery } from '../edge/page.dto.js';
import { EvaluateThresholdDto, ThresholdVerdictDto } from './evaluate-threshold.dto.js';
import {
  CreateThresholdDto,
  NamedThresholdDto,
  NamedThresholdPageDto,
  ReplaceThresholdDto,
} from './named-threshold.dto.js';
import { ThresholdEvaluationService } from './threshold-evaluation.service.js';
import { ThresholdsService } from './thresholds.service.js';

@ApiTags('thresholds')
@Controller('v1/thresholds')
export class ThresholdsController {
  constructor(
    private readonly thresholds: ThresholdsService,
    private readonly evaluation: ThresholdEvaluationService,
  ) {}

  /** Holds a report against a threshold and stores nothing. A report or threshold that cannot be read is refused, never passed. */
  @Post('evaluate')
  @HttpCode(200)
  @Needs('scans:read')
  @ApiBody({ type: EvaluateThresholdDto })
  @ApiOkResponse({ type: ThresholdVerdictDto, description: 'The verdict, with every bound that is not kept.' })
  @ApiRefusals('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE')
  evaluate(@ByCaller() caller: Caller, @Body() body: unknown): Promise<ThresholdVerdictDto> {
    return this.evaluation.evaluate(caller, body instanceof Uint8Array ? body : new Uint8Array());
  }

  /** Keeps a threshold under a name, which scans can refer to. Needs `admin`: it decides what passes for everybody who refers to it. */
  @Post()
  @Needs('admin')
  @ApiBody({ type: CreateThresholdDto })
  @ApiCreatedResponse({ type: NamedThresholdDto, description: 'The threshold.' })
  @ApiRefusals('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'CONFLICT')
  async create(
    @ByCaller() caller: Caller,
    @Body(new CheckLater(CreateThresholdDto)) body: Checked<CreateThresholdDto>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NamedThresholdDto> {
    const made = await this.thresholds.create(caller, body);
    void reply.header('location', `/v1/thresholds/${made.name}`);
    return made;
  }

  /** The project's thresholds, by name. */
  @Get()
  @Needs('scans:read')
  @ApiOkResponse({ type: NamedThresholdPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
  async list(
    @ByCaller() caller: Caller,
    @Query() query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NamedThresholdPageDto> {
    const page = await this.thresholds.list(caller, query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return page;
  }

  /** One threshold. */
  @Get(':name')
  @Needs('scans:read')
  @ApiOkResponse({ type: NamedThresholdDto, description: 'The threshold.' })
  @ApiRefusals('NOT_FOUND')
  get(@ByCaller() caller: Caller, @Param('name') name: string): Promise<NamedThresholdDto> {
    return this.thresholds.get(caller, name);
  }

  /** Gives the name these bounds, whether or not it had others. Scans that were submitted before keep theirs. */
  @Put(':name')
  @Needs('admin')
  @ApiBody({ type: ReplaceThresholdDto })
  @ApiOkResponse({ type: NamedThresholdDto, description: 'Replaced.' })
  @ApiCreatedResponse({ type: NamedThresholdDto, description: 'Created.' })
  @ApiRefusals('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'CONFLICT')
  async put(
    @ByCaller() caller: Caller,
    @Param('name') name: string,
    @Body(new CheckLater(ReplaceThresholdDto)) body: Checked<ReplaceThresholdDto>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NamedThresholdDto> {
    const { created, threshold } = await this.thresholds.put(caller, name, body);
    void reply.status(created ? 201 : 200);
    return threshold;
  }

  /** Forgets the name. Scans that were submitted with it keep their copy. */
  @Delete(':name')
  @HttpCode(204)
  @Needs('admin')
  @ApiNoContentResponse({ description: 'It is forgotten.' })
  @ApiRefusals('NOT_FOUND')
  remove(@ByCaller() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.thresholds.remove(caller, name);
  }
}
