import { PodmanPodRuntime } from '../../src/platform/podman/podman-pod-runtime.js';
import { uniqueName } from '../support/services.js';
import { BUSYBOX_IMAGE, importBusyboxImage } from './busybox-image.js';
import { podRuntimeContract, PROGRAMS } from './pod-runtime.contract.js';

podRuntimeContract('podman', () => {
  importBusyboxImage();
  const namespace = uniqueName();
  return Promise.resolve({
    runtime: new PodmanPodRuntime(namespace),
    namespace,
    image: BUSYBOX_IMAGE,
    missingImage: 'localhost/sidescan-nonsuch:1',
    command: (program) => ['/bin/sh', '-c', `PATH=/bin; export PATH; ${PROGRAMS[program]}`],
    isolates: true,
    end: () => Promise.resolve(),
  });
});
