// What of a library was used: every public name of it is either called by a script, or stands in a table with the reason why not.

import { strict as assert } from 'node:assert'

export class Surface {
  used = new Set()

  constructor(library, names, notApplicable) {
    this.library = library
    this.names = [...new Set(names)].sort()
    this.notApplicable = notApplicable
  }

  /** A client whose methods are noted once they have answered. */
  watch(client) {
    const note = name => this.used.add(name)
    return new Proxy(client, {
      get(target, name) {
        const value = target[name]
        if (typeof value !== 'function') return value
        return (...given) => {
          const answer = value.apply(target, given)
          if (typeof answer?.then !== 'function') {
            note(name)
            return answer
          }
          return answer.then(found => {
            note(name)
            return found
          })
        }
      }
    })
  }

  /** Prints the table, and fails where it has holes. */
  end() {
    for (const name of this.names) {
      console.log(`     ${this.library} ${name}: ${this.used.has(name) ? 'passed' : (this.notApplicable[name] ?? 'NOT CALLED')}`)
    }
    const called = this.names.filter(name => this.used.has(name))
    const excused = this.names.filter(name => !this.used.has(name) && name in this.notApplicable)
    console.log(`     ${this.library}: ${this.names.length} public, ${called.length} passed, ${excused.length} not applicable`)
    const missing = this.names.filter(name => !this.used.has(name) && !(name in this.notApplicable))
    assert.deepEqual(missing, [], `neither called nor excused: ${missing.join(' ')}`)
    const stale = Object.keys(this.notApplicable).filter(name => this.used.has(name) || !this.names.includes(name))
    assert.deepEqual(stale, [], `excused for nothing: ${stale.join(' ')}`)
  }
}

/** The names of all methods of an object, those of its class and above too. */
export function methods(object) {
  const names = new Set()
  for (let owner = object; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    for (const name of Object.getOwnPropertyNames(owner)) {
      if (name !== 'constructor' && typeof object[name] === 'function') names.add(name)
    }
  }
  return [...names]
}
