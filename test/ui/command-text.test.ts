import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandText } from '../../src/ui/command-text.ts'

test.each([
  [['up', '--yes', '-f', 'cluster.yml'], 'slipway up --yes -f cluster.yml'],
  [['up', '--bundle', '/srv/lab v1.tar'], "slipway up --bundle '/srv/lab v1.tar'"],
  [
    ['etcd', 'restore', 's3://backups/etcd/lab.backup', '--identity=key.pem'],
    'slipway etcd restore s3://backups/etcd/lab.backup --identity=key.pem',
  ],
  [['up', '-f', '集群.yml'], 'slipway up -f 集群.yml'],
  [['up', '-f', "it's;$HOME", '', '=ls'], "slipway up -f 'it'\\''s;$HOME' '' '=ls'"],
])('%j can be typed again', (words, text) => {
  expect(commandText(words)).toBe(text)
  const { stdout } = spawnSync('sh', ['-c', `slipway() { printf '%s\\n' "$@"; }; ${text}`], { encoding: 'utf8' })
  expect(stdout).toBe(words.map((word) => `${word}\n`).join(''))
})
