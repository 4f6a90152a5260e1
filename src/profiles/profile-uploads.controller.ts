import { Controller, Delete, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.token.js';
import { RequestError } from '../domain/errors.js';
import { ApiRefusals } from '../edge/api-refusals.js';
import { ARCHIVE_MEDIA_TYPES, readArchive } from '../edge/archive-body.js';
import { preferredWait } from '../edge/prefer.js';
import { ProfileDto, WAIT_MAX, WaitForProfileQuery } from './profile.dto.js';
import { profileView } from './profile-view.js';
import { ProfileUploadsService } from './profile-uploads.service.js';
import { ProfilesService } from './profiles.service.js';

@ApiTags('profiles')
@Controller('v1/profiles')
@Needs('profiles:write')
export class ProfileUploadsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly uploads: ProfileUploadsService,
    private readonly profiles: ProfilesService,
  ) {}

  /**
   * Uploads a profile: a tar.gz (kept byte for byte) or a zip (kept as a tar.gz), told apart by its first bytes. It is checked at once, and
   * then read by the auditor: `state` goes from `reading` to `ready` or `invalid`. The same content again is the same profile.
   */
  @Post()
  @ApiConsumes(...ARCHIVE_MEDIA_TYPES, 'multipart/form-data')
  @ApiBody({ schema: { type: 'string', format: 'binary' }, description: 'The archive; of a form, its only file.' })
  @ApiHeader({ name: 'Prefer', required: false, description: '`wait=N`: the same as the parameter `wait`.' })
  @ApiCreatedResponse({
    type: ProfileDto,
    description: 'The profile, new to the project.',
    headers: { Location: { description: 'Where the profile is.', schema: { type: 'string' } } },
  })
  @ApiOkResponse({ type: ProfileDto, description: 'The profile, which the project has already.' })
  @ApiRefusals('CONFLICT', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE')
  async upload(
    @ByCaller() caller: Caller,
    @Query() query: WaitForProfileQuery,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProfileDto> {
    const preferred = query.wait === undefined ? preferredWait(prefer, WAIT_MAX) : null;
    const archive = await readArchive(request, this.config.limits.profile.archiveBytes);
    const { profile, created } = await this.uploads.upload(caller, archive);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const answer = await this.profiles
      .wait(caller, profile.id, query.wait ?? preferred ?? 0, gone.signal)
      .catch(deletedMeanwhile);
    if (preferred !== null) void reply.header('preference-applied', `wait=${preferred}`);
    void reply.status(created ? 201 : 200).header('location', `/v1/profiles/${profile.id}`);
    return profileView(answer);
  }

  /** Deletes a profile: no scan can name it any more; scans that ran it keep its name. The same content can be uploaded again. */
  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', description: 'Id or digest (`sha256:…`) of a profile.' })
  @ApiNoContentResponse({ description: 'It is deleted.' })
  @ApiRefusals('NOT_FOUND', 'CONFLICT')
  async remove(@ByCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.uploads.remove(caller, id);
  }
}

/** Of an upload, "not found" would be about the wrong thing. */
function deletedMeanwhile(error: unknown): never {
  if (error instanceof RequestError && error.code === 'NOT_FOUND')
    throw new RequestError('CONFLICT', 'the profile was uploaded, and then deleted before this could be answered');
  throw error;
}
