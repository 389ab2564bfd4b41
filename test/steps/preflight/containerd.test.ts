import { WORKER, stops } from './support.ts'

stops([
  [
    'an old containerd',
    WORKER,
    { packages: { containerd: '1.6.20~ds1-1' } },
    /containerd 1\.6\.20~ds1-1 is installed; Kubernetes v1\.36 needs 2\.2\.0/,
    3,
  ],
  [
    "docker's containerd, new enough",
    WORKER,
    { packages: { 'containerd.io': '2.2.1-1~debian.12~bookworm' } },
    /containerd\.io 2\.2\.1\S* is installed$/,
    3,
  ],
  ['docker', WORKER, { packages: { 'docker.io': '20.10.24' } }, /docker\.io 20\.10\.24 is installed/, 3],
])
