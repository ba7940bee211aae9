// Does every word have a meaning, so that the signature covers it? Then the canonical form, by jsonld.js in safe mode.
(() => {
  const { Failed, Unknown, isObject, listed } = plaudit;

  const MOST_WORK = 5000;
  const SECONDS = 5;
  const LANGUAGE = /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/;

  // What jsonld.js would drop or read in a second way: refused before it is asked, as our library does.
  const look = (value, key, walk) => {
    walk.work += 1;
    if (walk.work > MOST_WORK) throw new Failed("too complex to be checked");
    if (value === null) throw new Failed(`${key}: null says nothing that a signature could cover`);
    if (Array.isArray(value)) {
      for (const one of value) {
        if (Array.isArray(one)) throw new Failed(`${key}: an array inside an array`);
        look(one, key, walk);
      }
    } else if (isObject(value)) lookInto(value, walk);
  };

  const lookInto = (object, walk) => {
    const isValue = "@value" in object;
    for (const [name, value] of Object.entries(object)) {
      if (name === "@context") lookAtContexts(value, walk);
      else if (isValue) lookAtValue(name, value);
      else if (name.startsWith("@") || name.includes(":")) throw new Failed(`${name}: not written with the words of the vocabulary`);
      else {
        if (name === "id") lookAtId(value, object, walk);
        if (name === "type" && !listed(value).every((one) => typeof one === "string" && !one.startsWith("@"))) {
          throw new Failed("a type that is no word");
        }
        look(value, name, walk);
      }
    }
    if (isValue && typeof object["@value"] !== "string" && "@language" in object) throw new Failed("a language without a text");
  };

  const lookAtId = (value, object, walk) => {
    if (typeof value !== "string" || /[\s<>"{}|\\^`]/.test(value) || value.startsWith("_:") || !/^[a-z][a-z0-9+.-]*:./i.test(value)) {
      throw new Failed("an id that is no address");
    }
    if (object !== walk.root && value === walk.root.id) throw new Failed("an object inside has the badge's own id");
  };

  const lookAtValue = (name, value) => {
    const good = { "@value": ["string", "number", "boolean"], "@language": ["string"], "@type": ["string"] }[name];
    if (!good?.includes(typeof value)) throw new Failed(`${name}: malformed`);
    if (name === "@language" && !LANGUAGE.test(value)) throw new Failed("a language that is none");
  };

  const lookAtContexts = (value, walk) => {
    const named = listed(value);
    if (!named.length || named.length > 8 || !named.every((one) => typeof one === "string")) {
      throw new Failed("a vocabulary of the file's own");
    }
    for (const one of named) if (!(one in walk.contexts)) walk.missing.push(one);
  };

  // What is not known could mean anything: said only when nothing else is wrong.
  const lookAt = (document, contexts) => {
    const walk = { root: document, contexts, work: 0, missing: [] };
    if (!("@context" in document)) throw new Failed("there is no vocabulary, so no word has a meaning");
    if ("@direction" in document) throw new Failed("a direction is not covered");
    lookInto(document, walk);
    if (walk.missing.length) throw new Unknown(`a vocabulary that is not known here: ${walk.missing[0]}`);
  };

  const canonical = async (document, contexts) => {
    const documentLoader = async (url) => {
      if (!(url in contexts)) throw new Unknown(`a vocabulary that is not known here: ${url}`);
      return { contextUrl: null, documentUrl: url, document: contexts[url] };
    };
    const signal = AbortSignal.timeout(SECONDS * 1000);
    const options = { algorithm: "RDFC-1.0", format: "application/n-quads", safe: true, base: null, documentLoader, signal };
    try {
      return await jsonld.canonize(document, options);
    } catch (error) {
      if (error instanceof Unknown || error.details?.cause instanceof Unknown) throw error.details?.cause ?? error;
      const event = error.details?.event;
      throw new Failed(event ? `${event.code}: ${JSON.stringify(event.details).slice(0, 200)}` : error.message);
    }
  };

  const hash = async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

  Object.assign(plaudit, { canonical, hash, lookAt });
})();
