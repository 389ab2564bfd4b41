// Preloaded into the operator's command line (NODE_OPTIONS): names mean what the lab's DNS says they mean, as they do on its hosts.
import dns from 'node:dns'

const resolver = new dns.Resolver({ timeout: 2000, tries: 2 })
resolver.setServers(['10.77.0.2'])

dns.lookup = (name, options, done) => {
  const [given, callback] = typeof options === 'function' ? [{}, options] : [options, done]
  const answer = (address) => (given.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4))
  if (/^[\d.]+$/.test(name)) return answer(name)
  if (name === 'localhost') return answer('127.0.0.1')
  resolver.resolve4(name, (error, [address] = []) => (error ? callback(error) : answer(address)))
}
