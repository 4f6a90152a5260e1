import { PodmanPodRuntime } from '../../src/platform/podman/podman-pod-runtime.js';
import { testImage } from '../support/images.js';
import { uniqueName } from '../support/services.js';
import { podRuntimeContract, PROGRAMS } from './pod-runtime.contract.js';

podRuntimeContract('podman', () => {
  const namespace = uniqueName();
  return Promise.resolve({
    runtime: new PodmanPodRuntime(namespace),
    namespace,
    image: testImage('debian-planted'),
    missingImage: 'localhost/sidescan-nonsuch:1',
    command: (program) => ['/bin/sh', '-c', `PATH=/usr/bin:/bin; export PATH; ${PROGRAMS[program]}`],
    isolates: true,
    end: () => Promise.resolve(),
  });
});
