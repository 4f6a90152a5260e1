import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Controller, Get, Header, Param, Redirect, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/key.guard.js';
import { RequestError } from '../domain/errors.js';

const OPENAPI_FILE = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));
const SWAGGER_UI_DIR = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Everything comes from this origin; styles inline because Swagger UI sets them, scripts never. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sidescan API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.yaml', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

/** The description of the API, and a page to read and try it: all of it from this process, nothing from elsewhere. */
@ApiTags('operations')
@Controller()
@Public()
export class DocsController {
  /** Whoever opens the bare address in a browser gets to the page that explains it. */
  @Get()
  @Redirect('/docs')
  @ApiExcludeEndpoint()
  root(): void {}

  /** This description (OpenAPI 3.1). */
  @Get('openapi.yaml')
  @Header('content-type', 'application/yaml; charset=utf-8')
  @ApiProduces('application/yaml')
  @ApiOkResponse({ description: 'YAML.', content: { 'application/yaml': { schema: { type: 'string' } } } })
  openapi(): Promise<string> {
    return readFile(OPENAPI_FILE, 'utf8');
  }

  /** A page to read and try the API. */
  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('x-content-type-options', 'nosniff')
  @Header('referrer-policy', 'no-referrer')
  @ApiProduces('text/html')
  @ApiOkResponse({ description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } })
  page(): string {
    return PAGE;
  }

  @Get('docs/:file')
  @ApiExcludeEndpoint()
  async asset(@Param('file') file: string, @Res() reply: FastifyReply): Promise<void> {
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'public, max-age=3600');
    if (file === 'start.js')
      return void (await reply.header('content-type', 'text/javascript; charset=utf-8').send(START));
    // Only these two names reach the file system.
    const type = Object.hasOwn(ASSETS, file) ? ASSETS[file] : undefined;
    if (type === undefined) throw new RequestError('NOT_FOUND', `there is nothing at /docs/${file}`);
    await reply.header('content-type', type).send(await readFile(join(SWAGGER_UI_DIR, file)));
  }
}
