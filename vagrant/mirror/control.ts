// The lab's own interface on port 8079: logs, faults, the wall's counter.
import type { IncomingMessage, RequestListener } from 'node:http'
import { type Faults, parseFaults } from './faults.ts'
import type { Journal } from './journal.ts'
import { dropped, raiseWall } from './wall.ts'

interface Parts {
  readonly requests: Journal
  readonly queries: Journal
  readonly faults: Faults
}

const OWN = '10.77.0.2'

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

async function act({ requests, queries, faults }: Parts, request: IncomingMessage): Promise<string | undefined> {
  const url = new URL(request.url ?? '/', 'http://control')
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /healthz':
      return 'ok\n'
    case 'GET /log':
      return requests.read(url.searchParams.get('since') ?? '')
    case 'DELETE /log':
      requests.clear()
      return ''
    case 'GET /dns':
      return queries.read(url.searchParams.get('since') ?? '')
    case 'DELETE /dns':
      queries.clear()
      return ''
    case 'GET /dropped':
      return `${JSON.stringify(dropped())}\n`
    case 'DELETE /dropped':
      raiseWall(OWN)
      return ''
    case 'GET /faults':
      return `${JSON.stringify(faults.list())}\n`
    case 'PUT /faults':
      faults.set(parseFaults(JSON.parse(await readBody(request))))
      return `${JSON.stringify(faults.list())}\n`
    case 'DELETE /faults':
      faults.set([])
      return '[]\n'
    default:
      return undefined
  }
}

export function control(parts: Parts): RequestListener {
  return (request, response) => {
    act(parts, request).then(
      (body) => {
        response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
        response.end(body ?? 'no such thing\n')
      },
      (error: unknown) => {
        response.writeHead(400)
        response.end(`${String(error)}\n`)
      },
    )
  }
}
