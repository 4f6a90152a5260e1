import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ByCaller, Needs } from '../auth/key.guard.js';
import type { Caller } from '../auth/scopes.js';
import { ApiRefusals } from '../edge/api-refusals.js';
import { ProfilePageDto } from './profile.dto.js';
import { ProfilesService } from './profiles.service.js';

@ApiTags('profiles')
@Controller('v1/profiles')
@Needs('scans:read')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  /** The profiles that a scan can name: those that come with the service. */
  @Get()
  @ApiOkResponse({ type: ProfilePageDto })
  @ApiRefusals()
  async list(@ByCaller() caller: Caller): Promise<ProfilePageDto> {
    return { items: await this.profiles.list(caller.projectId), next: null };
  }
}
