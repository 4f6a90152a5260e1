import { describe, expect, it } from 'vitest';
import { lastPullError, pullCause, pullFailure, type PullCause } from '../../../src/execution/pull-failure.js';

const resolve = (ref: string, why: string) =>
  `rpc error: code = Unknown desc = failed to pull and unpack image "${ref}": failed to resolve reference "${ref}": ${why}`;

describe('the cause of a failed pull, in the words of containerd, CRI-O, Docker and Podman', () => {
  it.each<[PullCause, string]>([
    ['absent', resolve('docker.io/library/x:1', 'docker.io/library/x:1: not found')],
    ['absent', 'rpc error: code = NotFound desc = failed to pull and unpack image "r/x:1"'],
    [
      'absent',
      resolve('docker.io/a/b:1', 'pull access denied, repository does not exist or may require authorization'),
    ],
    [
      'absent',
      resolve(
        'r.example/x:1',
        'failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized',
      ),
    ],
    [
      'absent',
      resolve(
        'ghcr.io/a/b:1',
        'unexpected status from HEAD request to https://ghcr.io/v2/a/b/manifests/1: 403 Forbidden',
      ),
    ],
    ['absent', 'Error response from daemon: Head "https://1.dkr.ecr.aws/v2/x/manifests/1": no basic auth credentials'],
    ['absent', 'Error: initializing source docker://r/x:1: reading manifest 1 in r/x: manifest unknown'],
    ['unreachable', 'failed to do request: Head "https://r/v2/x/manifests/1": dial tcp: lookup r: no such host'],
    ['unreachable', 'failed to do request: Head "https://r/v2/": dial tcp 10.0.0.9:443: connect: connection refused'],
    ['unreachable', 'failed to do request: Head "https://r/v2/": dial tcp 10.0.0.9:443: i/o timeout'],
    [
      'unreachable',
      'pinging container registry r: Get "https://r/v2/": dial tcp: lookup r on 127.0.0.53:53: server misbehaving',
    ],
    [
      'trouble',
      resolve('r/x:1', 'unexpected status from HEAD request to https://r/v2/x/manifests/1: 503 Service Unavailable'),
    ],
    [
      'trouble',
      resolve(
        'docker.io/a/b:1',
        'unexpected status code https://registry-1.docker.io/v2/a/b: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit',
      ),
    ],
    ['trouble', 'Get "https://r/v2/": net/http: TLS handshake timeout'],
    [
      'trouble',
      'Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    ],
    ['trouble', 'failed to copy: read tcp 10.0.0.1:5->10.0.0.9:443: read: connection reset by peer'],
    ['trouble', 'failed to copy: httpReadSeeker: failed open: unexpected EOF'],
    ['trouble', 'failed to extract layer sha256:9f: write /var/lib/x: no space left on device: unknown'],
    [
      'invalid',
      'Failed to apply default image tag "A::b": couldn\'t parse image reference "A::b": invalid reference format',
    ],
    ['unknown', 'Back-off pulling image "registry.example/not-found:404"'],
    ['unknown', 'Get "https://r/v2/": x509: certificate signed by unknown authority'],
    ['unknown', ''],
  ])('%s: %s', (cause, words) => {
    expect(pullCause(words)).toBe(cause);
  });

  // Every one of these names has words in it that would say something else if they were not part of a name.
  it.each([
    'registry.example/api/orders:503',
    'timeout/timeout:1',
    'lookup.example:5000/eof:429',
    'x:503',
    'no-route/denied:1',
  ])('is not found in the name %s', (name) => {
    expect(pullCause(resolve(name, `${name}: not found`))).toBe('absent');
    expect(
      pullCause(`Error: initializing source docker://${name}: reading manifest 503 in ${name}: manifest unknown`),
    ).toBe('absent');
    expect(pullCause(`Back-off pulling image "${name}"`)).toBe('unknown');
  });
});

it('a failure of a pull is final only where image or reference are wrong', () => {
  const codes = (['invalid', 'absent', 'unreachable', 'trouble', 'unknown'] as const).map((cause) => {
    const { code, retryable } = pullFailure(cause, 'words');
    return [code, retryable];
  });
  expect(codes).toEqual([
    ['IMAGE_INVALID', false],
    ['IMAGE_NOT_FOUND', false],
    ['IMAGE_PULL_FAILED', true],
    ['IMAGE_PULL_FAILED', true],
    ['IMAGE_PULL_FAILED', true],
  ]);
});

it('the last error of a pull is found among the events', () => {
  const event = (message: string) => ({ at: null, type: 'Warning', reason: 'Failed', message, count: 1 });
  const events = ['Failed to pull image "x": a', 'Failed to pull image "x": b', 'Error: ErrImagePull'].map(event);
  expect(lastPullError(events)).toBe('Failed to pull image "x": b');
  expect(lastPullError([event('Pulling image')])).toBe('');
});
