import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiNotModified, ApiRefusals } from '../edge/api-refusals.js';
import { etagOf, matches } from '../edge/etag.js';
import { nextLink } from '../edge/page.js';
import { PAGE_SIZE_DEFAULT, PageQuery } from '../edge/page.dto.js';
import { ListProfilesQuery, ProfileControlPageDto, ProfileDto, ProfilePageDto, WaitForProfileQuery } from './profile.dto.js';
import { controlView, profileView } from './profile-view.js';
import { ProfilesService } from './profiles.service.js';

const ID = { name: 'id', description: 'Id or digest (`sha256:…`) of a profile.' };
const IF_NONE_MATCH = {
  name: 'If-None-Match',
  required: false,
  description: 'An ETag that was answered before: 304 if it still holds.',
};

@ApiTags('profiles')
@Controller('v1/profiles')
@Needs('scans:read')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  /** The profiles that a scan can name: those of the project, and those that come with the service; by name, the last uploaded first. */
  @Get()
  @ApiOkResponse({ type: ProfilePageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiRefusals()
  async list(
    @ByCaller() caller: Caller,
    @Query() query: ListProfilesQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfilePageDto> {
    const page = await this.profiles.list(caller, query.name, query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    return { items: page.items.map(profileView), next: page.next };
  }

  /** One profile: what it declares, and whether the auditor has read it. */
  @Get(':id')
  @ApiParam(ID)
  @ApiOkResponse({ type: ProfileDto, description: 'The profile.' })
  @ApiRefusals('NOT_FOUND')
  async get(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: WaitForProfileQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfileDto> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return profileView(await this.profiles.wait(caller, id, query.wait ?? 0, gone.signal));
  }

  /** The texts of its controls, as the auditor read them, in the profile's order. */
  @Get(':id/controls')
  @ApiParam(ID)
  @ApiHeader(IF_NONE_MATCH)
  @ApiOkResponse({ type: ProfileControlPageDto, description: 'A page; `Link` with rel="next" leads to the next one.' })
  @ApiNotModified()
  @ApiRefusals('NOT_FOUND', 'NOT_READ')
  async controls(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: PageQuery,
    @Headers('if-none-match') known: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const page = await this.profiles.controls(caller, id, query.limit ?? PAGE_SIZE_DEFAULT, query.cursor);
    const view: ProfileControlPageDto = { items: page.items.map(controlView), next: page.next };
    const body = JSON.stringify(view);
    const etag = etagOf(body);
    const link = nextLink(request.url, page.next);
    if (link !== undefined) void reply.header('link', link);
    void reply.header('etag', etag).header('cache-control', 'private, no-cache');
    if (matches(known, etag)) await reply.status(304).send();
    else await reply.header('content-type', 'application/json; charset=utf-8').send(body);
  }

  /** Its archive: the very bytes that scans run, whose SHA-256 is its digest. */
  @Get(':id/content')
  @ApiParam(ID)
  @ApiHeader(IF_NONE_MATCH)
  @ApiOkResponse({
    description: 'The archive. Its ETag is its digest.',
    content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiNotModified()
  @ApiRefusals('NOT_FOUND')
  async content(
    @ByCaller() caller: Caller,
    @Param('id') id: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { profile } = await this.profiles.get(caller, id);
    const etag = `"${profile.digest}"`;
    if (matches(known, etag)) {
      await reply.header('etag', etag).header('cache-control', 'private, no-cache').status(304).send();
      return;
    }
    const bytes = await this.profiles.content(profile);
    const file = `${profile.name}-${profile.version}.tar.gz`.replace(/[^A-Za-z0-9._+-]/g, '_');
    await reply
      // Asked again each time: the profile may be deleted, and is then nobody's to read.
      .header('etag', etag)
      .header('cache-control', 'private, no-cache')
      .header('x-content-type-options', 'nosniff')
      .header('content-type', 'application/gzip')
      .header('content-disposition', `attachment; filename="${file}"`)
      .send(bytes);
  }
}
