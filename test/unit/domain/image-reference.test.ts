import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageReferenceError, normalizeImage, parseImageReference } from '../../../src/domain/image-reference.js';

const HEX = 'a'.repeat(64);

describe('image references', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.25', 'docker.io/library/nginx:1.25'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['team/app', 'docker.io/team/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:v1', 'localhost:5000/app:v1'],
    ['registry.example/a/b/c', 'registry.example/a/b/c:latest'],
    ['registry.example:443/a', 'registry.example:443/a:latest'],
    ['10.0.0.1:5000/a', '10.0.0.1:5000/a:latest'],
    ['[fd00::1]:5000/a', '[fd00::1]:5000/a:latest'],
    ['a/b:UPPER_tag.1-x', 'docker.io/a/b:UPPER_tag.1-x'],
    ['a__b/c.d/e-f/g---h', 'docker.io/a__b/c.d/e-f/g---h:latest'],
    [`nginx@sha256:${HEX}`, `docker.io/library/nginx@sha256:${HEX}`],
    [`registry.example/a:1@sha256:${HEX}`, `registry.example/a@sha256:${HEX}`],
    [`a:${'t'.repeat(128)}`, `docker.io/library/a:${'t'.repeat(128)}`],
  ])('%s is %s', (text, normalized) => {
    expect(normalizeImage(text)).toBe(normalized);
  });

  it.each([
    ['', /empty/],
    [' nginx', /blanks/],
    ['nginx\n', /blanks/],
    ['ng\0inx', /control/],
    ['https://registry.example/a', /scheme/],
    ['Nginx', /lower case/],
    ['Registry.example/a', /lower case/],
    ['nginx:', /nothing after the colon/],
    ['nginx:.a', /tag "\.a"/],
    [`nginx:${'t'.repeat(129)}`, /tag/],
    ['nginx@sha256:abc', /digest/],
    [`nginx@sha256:${'A'.repeat(64)}`, /digest/],
    [`nginx@md5:${HEX}`, /digest/],
    [`nginx@sha256:${HEX}@sha256:${HEX}`, /digest/],
    ['@', /digest/],
    ['a//b', /empty part/],
    ['a/', /empty part/],
    ['/a', /empty part/],
    ['registry.example/', /empty part/],
    ['-a', /part "-a"/],
    ['a_', /part "a_"/],
    ['a..b', /part "a\.\.b"/],
    ['a___b', /part/],
    ['a/b$c', /part "b\$c"/],
    ['bad_host.x/a', /registry "bad_host\.x"/],
    ['registry.example:/a', /registry/],
    ['registry.example:0/a', /port 0/],
    ['registry.example:70000/a', /port 70000/],
    ['-registry.example/a', /registry/],
    [HEX, /image id/],
    ['a/'.repeat(130) + 'a', /longer than 255/],
  ])('refuses %j', (text, reason) => {
    expect(() => parseImageReference(text)).toThrow(ImageReferenceError);
    expect(() => parseImageReference(text)).toThrow(reason);
  });

  it('says something short about any text, and nothing else can come of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        try {
          parseImageReference(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ImageReferenceError);
          expect((error as Error).message.length).toBeLessThan(250);
        }
      }),
    );
  });

  it('normalizing twice is normalizing once', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,9}([_-][a-z0-9]{1,9})?$/);
    const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/));
    const registry = fc.constantFrom('', 'localhost/', 'registry.example/', 'registry.example:5000/', 'docker.io/');
    fc.assert(
      fc.property(registry, fc.array(part, { minLength: 1, maxLength: 4 }), tag, (host, path, name) => {
        const text = host + path.join('/') + (name === null ? '' : `:${name}`);
        const once = normalizeImage(text);
        expect(normalizeImage(once)).toBe(once);
      }),
    );
  });
});
