import { describe, expect, it } from 'vitest';
import { causeInTarget, judgePod, withEvents } from '../../../src/execution/failure.js';
import { scanFailure } from '../../../src/domain/errors.js';
import type { PodObservation } from '../../../src/ports/pod-runtime.js';
import { aPod, ended, podWith, waiting } from './observations.js';

const GRACE = { unschedulableMs: 4, pullMs: 3, unreachableMs: 2, targetExitMs: 1 };
const NOT_FOUND =
  'rpc error: code = NotFound desc = failed to pull and unpack image "x": failed to resolve reference "x": x: not found';
const UNREACHABLE = 'failed to do request: Head "https://r/v2/x/manifests/1": dial tcp: lookup r: no such host';
const unschedulable = [
  { type: 'PodScheduled', reason: 'Unschedulable', message: '0/3 nodes are available: 3 Insufficient cpu.' },
];

describe('a pod that cannot succeed gets its code and the engine’s words', () => {
  it.each<[string, PodObservation, string, RegExp]>([
    ['image not found', podWith({ target: waiting('ErrImagePull', NOT_FOUND) }), 'IMAGE_NOT_FOUND', /not found/],
    [
      'image of Docker Hub not found',
      podWith({
        target: waiting(
          'ErrImagePull',
          'pull access denied for x, repository does not exist or may require authorization',
        ),
      }),
      'IMAGE_NOT_FOUND',
      /pull access denied/,
    ],
    [
      'no credentials',
      podWith({ target: waiting('ErrImagePull', 'unexpected status code 401 Unauthorized') }),
      'IMAGE_NOT_FOUND',
      /401/,
    ],
    [
      'podman: not found',
      podWith({
        target: waiting(
          'ErrImagePull',
          'Error: initializing source docker://r/x:1: reading manifest 1 in r/x: manifest unknown',
        ),
      }),
      'IMAGE_NOT_FOUND',
      /manifest unknown/,
    ],
    ['registry away', podWith({ target: waiting('ErrImagePull', UNREACHABLE) }), 'IMAGE_PULL_FAILED', /no such host/],
    [
      'registry refuses connections',
      podWith({ target: waiting('ErrImagePull', 'dial tcp 127.0.0.1:5000: connect: connection refused') }),
      'IMAGE_PULL_FAILED',
      /refused/,
    ],
    [
      'registry is overloaded',
      podWith({ target: waiting('ErrImagePull', 'unexpected status: 503 Service Unavailable: not found') }),
      'IMAGE_PULL_FAILED',
      /503/,
    ],
    [
      'back-off without a cause',
      podWith({ target: waiting('ImagePullBackOff', 'Back-off pulling image "x"') }),
      'IMAGE_PULL_FAILED',
      /Back-off/,
    ],
    [
      'bad reference',
      podWith({ target: waiting('InvalidImageName', "couldn't parse image reference") }),
      'IMAGE_INVALID',
      /parse/,
    ],
    [
      'never pulled',
      podWith({ target: waiting('ErrImageNeverPull', 'Container image "x" is not present with pull policy of Never') }),
      'IMAGE_NOT_FOUND',
      /not present/,
    ],
    ['scanner image not found', podWith({ toolbox: waiting('ErrImagePull', NOT_FOUND) }), 'INTERNAL', /scanner image/],
    [
      'configuration',
      podWith({
        target: waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
      }),
      'TARGET_START_FAILED',
      /runAsNonRoot/,
    ],
    ['create', podWith({ target: waiting('CreateContainerError', 'x') }), 'TARGET_START_FAILED', /x/],
    [
      'run',
      podWith({ target: waiting('RunContainerError', 'exec: "/nope": no such file') }),
      'TARGET_START_FAILED',
      /nope/,
    ],
    [
      'the scanner cannot be created',
      podWith({ scanner: waiting('CreateContainerError', 'x') }),
      'INTERNAL',
      /scanner/,
    ],
    [
      'no such program',
      podWith({ target: ended(128, 'StartError', 'exec: "/nope": no such file') }),
      'TARGET_START_FAILED',
      /nope/,
    ],
    [
      'crash loop',
      podWith({ target: waiting('CrashLoopBackOff', 'back-off 10s restarting failed container') }),
      'TARGET_EXITED',
      /back-off/,
    ],
    [
      'toolbox fails',
      podWith({ toolbox: ended(2), target: waiting('PodInitializing'), scanner: waiting('PodInitializing') }),
      'INTERNAL',
      /toolbox.*exit code 2/,
    ],
    ['target ends', podWith({ target: ended(3) }), 'TARGET_EXITED', /exit code 3/],
    ['target ends well', podWith({ target: ended(0) }), 'TARGET_EXITED', /exit code 0/],
    ['target out of memory', podWith({ target: ended(137, 'OOMKilled') }), 'OUT_OF_MEMORY', /target/],
    ['scanner out of memory', podWith({ scanner: ended(137, 'OOMKilled') }), 'OUT_OF_MEMORY', /scanner/],
    ['scanner killed', podWith({ scanner: ended(137) }), 'SCANNER_KILLED', /137/],
    [
      'scanner killed, then the target ended',
      podWith({ scanner: ended(137), target: ended(0) }),
      'SCANNER_KILLED',
      /137/,
    ],
    ['scanner ends without receipt', podWith({ scanner: ended(0) }), 'SCANNER_FAILED', /no receipt/],
    [
      'scanner cannot be started',
      podWith({ scanner: ended(128, 'StartError', 'no such file') }),
      'INTERNAL',
      /started/,
    ],
    [
      'evicted',
      aPod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
      'POD_LOST',
      /low on resource/,
    ],
    [
      'deadline',
      aPod({
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      }),
      'TIMEOUT',
      /deadline/,
    ],
    [
      'node refuses',
      aPod({ phase: 'Failed', reason: 'OutOfcpu', message: 'Node didn’t have enough resource', containers: [] }),
      'UNSCHEDULABLE',
      /enough/,
    ],
    ['node lost', aPod({ phase: 'Failed', reason: 'NodeLost', containers: [] }), 'POD_LOST', /NodeLost/],
    ['someone deletes it', aPod({ deleting: true }), 'POD_LOST', /removed/],
    [
      'no room',
      aPod({ phase: 'Pending', troubles: unschedulable, containers: [] }),
      'UNSCHEDULABLE',
      /Insufficient cpu/,
    ],
  ])('%s', (_, pod, code, words) => {
    const finding = judgePod(pod, GRACE);
    expect(finding).toMatchObject({ failure: { code } });
    expect(finding.kind !== 'fine' && finding.failure.message).toMatch(words);
  });

  it('is said once: the code decides whether another try may help', () => {
    expect(judgePod(podWith({ target: waiting('ErrImagePull', NOT_FOUND) }), GRACE)).toEqual({
      kind: 'failed',
      failure: expect.objectContaining({ retryable: false }) as object,
    });
    expect(judgePod(podWith({ scanner: ended(137) }), GRACE)).toEqual({
      kind: 'failed',
      failure: expect.objectContaining({ retryable: true }) as object,
    });
  });

  it('keeps a long message short', () => {
    const finding = judgePod(podWith({ target: waiting('CreateContainerError', 'x'.repeat(50_000)) }), GRACE);
    expect(finding.kind === 'failed' && finding.failure.message.length).toBeLessThanOrEqual(1_000);
  });
});

describe('a pod that may still succeed', () => {
  it.each<[string, PodObservation]>([
    ['runs', aPod()],
    ['has only been created', aPod({ phase: 'Pending', containers: [] })],
    [
      'is being created',
      podWith({ target: waiting('ContainerCreating'), scanner: waiting('PodInitializing') }, { phase: 'Pending' }),
    ],
    ['waits without a reason', podWith({ target: waiting('') })],
    ['is not ready', aPod({ troubles: [{ type: 'Ready', reason: 'ContainersNotReady', message: '' }] })],
  ])('%s: nothing is wrong', (_, pod) => {
    expect(judgePod(pod, GRACE)).toEqual({ kind: 'fine' });
  });

  const OVERLOADED = 'unexpected status from HEAD request to https://r/v2/x/manifests/1: 503 Service Unavailable';
  it.each<[string, PodObservation, string, number]>([
    ['no room yet', aPod({ phase: 'Pending', troubles: unschedulable, containers: [] }), 'place', 4],
    ['the registry is in trouble', podWith({ target: waiting('ErrImagePull', OVERLOADED) }), 'pull', 3],
    ['the registry is away', podWith({ target: waiting('ErrImagePull', UNREACHABLE) }), 'pull', 2],
    ['the next pull is waited for', podWith({ target: waiting('ImagePullBackOff', 'Back-off pulling') }), 'pull', 2],
    ['the scanner image cannot be pulled yet', podWith({ scanner: waiting('ErrImagePull', UNREACHABLE) }), 'pull', 2],
    ['the target ended just now', podWith({ target: ended(0) }), 'target', 1],
  ])('%s: suspect, for so long', (_, pod, of, graceMs) => {
    expect(judgePod(pod, GRACE)).toMatchObject({ kind: 'suspect', of, graceMs });
  });

  it('a pull that waits for its next try is judged by why the last one failed', () => {
    const waits = podWith({ target: waiting('ImagePullBackOff', 'Back-off pulling image "x"') });
    expect(judgePod(waits, GRACE)).toMatchObject({ kind: 'suspect', unexplained: true });
    expect(judgePod(waits, GRACE, NOT_FOUND)).toMatchObject({ kind: 'failed', failure: { code: 'IMAGE_NOT_FOUND' } });
    const trouble = judgePod(waits, GRACE, OVERLOADED);
    expect(trouble).toMatchObject({ kind: 'suspect', graceMs: 3, unexplained: false });
    expect(trouble.kind === 'suspect' && trouble.failure.message).toMatch(/Back-off pulling.*503/);
  });
});

describe('a pod that the cluster took away', () => {
  const evicted = (message: string) => aPod({ phase: 'Failed', reason: 'Evicted', message });
  it.each<[string, PodObservation]>([
    [
      'evicted from a node that is low on memory',
      evicted('The node was low on resource: memory. Container scanner was using 4Mi, which exceeds its request of 0.'),
    ],
    ['removed', aPod({ deleting: true })],
    ['on a node that shuts down', aPod({ phase: 'Failed', reason: 'Terminated', message: 'imminent node shutdown' })],
    ['on a node that is lost', aPod({ phase: 'Failed', reason: 'NodeLost', containers: [] })],
    ['refused by its node', aPod({ phase: 'Failed', reason: 'OutOfcpu', containers: [] })],
  ])('%s: another one may do', (_, pod) => {
    expect(judgePod(pod, GRACE)).toMatchObject({ kind: 'failed', lost: true, failure: { retryable: true } });
  });

  it.each<[string, PodObservation]>([
    [
      'evicted for its own disk',
      evicted('Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.'),
    ],
    ['evicted for a volume', evicted('Usage of EmptyDir volume "work" exceeds the limit "256Mi".')],
    ['whose scanner was killed', podWith({ scanner: ended(137) })],
    ['at its deadline', aPod({ phase: 'Failed', reason: 'DeadlineExceeded' })],
  ])('%s: another one would fare the same', (_, pod) => {
    const finding = judgePod(pod, GRACE);
    expect(finding.kind === 'failed' && !finding.lost).toBe(true);
  });

  it('is told with the reason that the cluster gives', () => {
    const troubles = [
      { type: 'DisruptionTarget', reason: 'PreemptionByScheduler', message: 'preempting to accommodate' },
    ];
    expect(judgePod(aPod({ deleting: true, troubles }), GRACE)).toMatchObject({
      failure: { code: 'POD_LOST', message: expect.stringContaining('PreemptionByScheduler') as string },
    });
  });
});

describe('the cause', () => {
  const event = (message: string, type = 'Warning') => ({ at: null, type, reason: 'Failed', message, count: 1 });

  it('of a pull failure is found in the events where the state does not tell it', () => {
    const failure = scanFailure('IMAGE_PULL_FAILED', 'ImagePullBackOff: Back-off pulling image "x"');
    const better = withEvents(failure, [
      event('Pulling image', 'Normal'),
      event(`Failed to pull image "x": ${NOT_FOUND}`),
    ]);
    expect(better).toMatchObject({ code: 'IMAGE_NOT_FOUND', retryable: false });
    expect(better.message).toContain('Back-off');
    expect(withEvents(failure, [])).toEqual(failure);
  });

  it('of a time-out names what the engine warned of', () => {
    const failure = scanFailure('TIMEOUT', 'too long');
    expect(withEvents(failure, [event('MountVolume.SetUp failed for volume "profile"')]).message).toMatch(
      /too long.*MountVolume/,
    );
    expect(withEvents(scanFailure('POD_LOST', 'gone'), [event('x')]).message).toBe('gone');
  });

  it('is the target where the target ended, whatever the scanner met then', () => {
    const failure = scanFailure('TARGET_NOT_PROVEN', 'the socket is gone');
    const cause = causeInTarget(failure, podWith({ target: ended(3), scanner: ended(1) }));
    expect(cause).toMatchObject({ code: 'TARGET_EXITED' });
    expect(cause.message).toMatch(/exit code 3.*the socket is gone/);
    expect(causeInTarget(failure, podWith({ scanner: ended(1) }))).toBe(failure);
    const profile = scanFailure('PROFILE_INVALID', 'syntax error');
    expect(causeInTarget(profile, podWith({ target: ended(3) }))).toBe(profile);
    expect(causeInTarget(failure, podWith({ target: ended(137, 'OOMKilled') })).code).toBe('OUT_OF_MEMORY');
  });

  it('is not a held target that ended when it was dismissed; one that runs itself and ends with 0 is', () => {
    const failure = scanFailure('SCANNER_FAILED', 'the auditor was killed');
    const held = podWith({ target: ended(0), scanner: ended(1) });
    expect(causeInTarget(failure, held)).toBe(failure);
    const runs = { ...held, containers: held.containers.filter((one) => !one.init) };
    expect(causeInTarget(failure, runs).code).toBe('TARGET_EXITED');
  });

  it('is the memory where the engine says that a process of the scanner was killed for it', () => {
    const failure = scanFailure('SCANNER_FAILED', 'the auditor was killed by signal 9');
    const pod = podWith({ target: ended(0), scanner: ended(1, 'OOMKilled') });
    expect(causeInTarget(failure, pod)).toMatchObject({
      code: 'OUT_OF_MEMORY',
      message: expect.stringMatching(/signal 9/) as string,
    });
    const profile = scanFailure('PROFILE_INVALID', 'syntax error');
    expect(causeInTarget(profile, pod)).toBe(profile);
  });
});
