import { readFileSync } from 'node:fs'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

// The bundler replaces this module by the texts themselves (scripts/build.ts): what is published is one file.

/** Digests of release files. */
export const FILES: string = read('./files.tsv')

/** Digests of images. */
export const IMAGES: string = read('./images.tsv')

/** SHA-512 of Kubernetes' server tarballs. */
export const SERVER_TARBALLS: string = read('./server-tarballs.tsv')
