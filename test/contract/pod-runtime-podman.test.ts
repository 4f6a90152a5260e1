import { PodmanPodRuntime } from '../../src/platform/podman/podman-pod-runtime.js';
import { podmanOk } from '../../src/platform/podman/podman-cli.js';
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
    secretMode: '644', // podman does not know a volume's mode; its volumes are root's on this machine
    secretsOf: async (pod) => {
      const kept = await podmanOk(['secret', 'ls', '--format', '{{.Name}}']);
      const volumes = await podmanOk(['volume', 'ls', '--quiet']);
      return `${kept.toString()}\n${volumes.toString()}`.split('\n').filter((line) => line.startsWith(pod));
    },
    end: () => Promise.resolve(),
  });
});
