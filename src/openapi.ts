import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { polish } from './edge/openapi-polish.js';

const DESCRIPTION = `Compliance scans of containers, distroless ones included.

Submit a scan with \`POST /v1/scans\`, follow it with \`GET /v1/scans/{id}?wait=60\`, read its report with \`GET /v1/scans/{id}/report\`.

Every request but those for \`/livez\`, \`/readyz\`, \`/openapi.yaml\` and \`/docs\` needs an API key in \`Authorization: Bearer …\`. A key belongs to a
project and sees that project alone: what is another project's is answered 404.

Keys belong to servers, not to browsers: no origin is allowed by CORS, and a portal's pages ask its own backend.

Refusals are \`application/problem+json\` (RFC 9457) with every fault of the request in \`errors\`. What a resource does not take (a field, a parameter, a name
given twice) is refused and never ignored; bodies come without \`Content-Encoding\`. Lists answer \`{items, next}\`: ask again with
\`cursor=next\` until it is null. Times are RFC 3339 in UTC. Every answer has an \`X-Request-Id\`; a request may bring its own.`;

/** Reads the DTOs' types, validators and comments (PluginMetadataGenerator's output) and describes every route. */
export async function describeApi(
  app: INestApplication,
  metadata: () => Promise<Record<string, unknown>>,
  version: string,
): Promise<OpenAPIObject> {
  await SwaggerModule.loadPluginMetadata(metadata);
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Sidescan')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('scans', 'Submit, follow, list and cancel scans')
    .addTag('reports', 'The report of a scan, and counts over many')
    .addTag('targets', 'What was scanned, over time')
    .addTag('profiles', 'What can be run')
    .addTag('thresholds', 'Bounds with a name, and reports held against bounds')
    .addTag('keys', 'API keys of a project')
    .addTag('operations', 'Health and description of the service; no key needed')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'sk_<id>_<secret>' }, 'key')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}.${method}`,
  });
  return polish(document);
}
