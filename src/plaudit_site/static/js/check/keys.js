// Whose key it is: from an identifier to the one method that its document lists, and a Web Crypto key.
(() => {
  const { Failed, Unknown, base58, base64url, isObject, listed, parseDate, parseObject } = plaudit;

  const ED25519 = [0xed, 0x01];
  const P256 = [0x80, 0x24];
  const FIELD = 2n ** 255n - 19n;
  const DOCUMENT = "application/did+json, application/did+ld+json;q=0.9, application/json;q=0.8";

  const same = (bytes, prefix) => prefix.every((byte, i) => bytes[i] === byte);

  const littleEndian = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

  const power = (base, exponent) => {
    let result = 1n;
    for (let b = base % FIELD, e = exponent; e > 0n; e >>= 1n, b = (b * b) % FIELD) if (e & 1n) result = (result * b) % FIELD;
    return result;
  };
  const inverse = (value) => power(((value % FIELD) + FIELD) % FIELD, FIELD - 2n);
  const D = ((-121665n * inverse(121666n)) % FIELD + FIELD) % FIELD;

  // y of 2P from y of P: (y² + x²) / (1 - d x² y²), where x² = (y² - 1) / (d y² + 1) by the curve's equation.
  const doubledY = (y) => {
    const yy = (y * y) % FIELD;
    const xx = (((yy - 1n + FIELD) % FIELD) * inverse(D * yy + 1n)) % FIELD;
    const product = (D * xx % FIELD) * yy % FIELD;
    return (((yy + xx) % FIELD) * inverse(1n - product + FIELD)) % FIELD;
  };

  // Doubled three times, a point of small order is the neutral one, and no other is: such a key fits signatures nobody made.
  const refuseWeak = (bytes) => {
    const y = littleEndian([...bytes.subarray(0, 31), bytes[31] & 127]);
    if (y >= FIELD) throw new Failed("a key that is not written in its one way");
    let now = y;
    for (let i = 0; i < 3; i += 1) now = doubledY(now);
    if (now === 1n) throw new Failed("a key of small order, which fits signatures that nobody made");
  };

  const importEd25519 = async (bytes) => {
    if (bytes.length !== 32) throw new Failed("an Ed25519 key of another length");
    refuseWeak(bytes);
    return imported("raw", bytes, { name: "Ed25519" }, "Ed25519");
  };

  const imported = async (form, data, algorithm, kind) => {
    if (!globalThis.crypto?.subtle) throw new Unknown("this page was not opened safely enough to check signatures");
    try {
      return { kind, key: await crypto.subtle.importKey(form, data, algorithm, true, ["verify"]) };
    } catch (error) {
      if (error.name === "NotSupportedError") throw new Unknown(`this browser cannot check ${kind} signatures yet`);
      throw new Failed(`a key that cannot be used: ${error.message}`);
    }
  };

  const importMultibase = async (text) => {
    if (typeof text !== "string" || !text.startsWith("z")) throw new Failed("a key in no base58");
    const bytes = base58(text.slice(1));
    if (same(bytes, ED25519)) return importEd25519(bytes.subarray(2));
    if (same(bytes, P256) && bytes.length === 35) return importPoint(bytes.subarray(2));
    throw new Unknown("a key of a kind not checked here");
  };

  // Web Crypto wants the point in full; y follows from x by the curve's equation.
  const importPoint = async (bytes) => {
    const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
    const x = littleEndian([...bytes.subarray(1)].reverse());
    const modPower = (base, exponent) => {
      let result = 1n;
      for (let v = base % p, e = exponent; e > 0n; e >>= 1n, v = (v * v) % p) if (e & 1n) result = (result * v) % p;
      return result;
    };
    const square = (((x * x * x - 3n * x + b) % p) + p) % p;
    let y = modPower(square, (p + 1n) / 4n);
    if ((y * y) % p !== square || x >= p || (bytes[0] !== 2 && bytes[0] !== 3)) throw new Failed("a P-256 key that is no point");
    if ((y & 1n) !== BigInt(bytes[0] & 1)) y = p - y;
    const whole = (x.toString(16).padStart(64, "0") + y.toString(16).padStart(64, "0")).match(/../g).map((h) => parseInt(h, 16));
    return imported("raw", Uint8Array.from([4, ...whole]), { name: "ECDSA", namedCurve: "P-256" }, "P-256");
  };

  const importJwk = async (jwk) => {
    if (!isObject(jwk) || "d" in jwk) throw new Failed("no public JWK");
    if (jwk.use !== undefined && jwk.use !== "sig") throw new Failed("a key for another use");
    if (jwk.key_ops !== undefined && !listed(jwk.key_ops).includes("verify")) throw new Failed("a key for another use");
    if (jwk.kty === "OKP" && jwk.crv === "Ed25519") {
      if (jwk.alg !== undefined && !["EdDSA", "Ed25519"].includes(jwk.alg)) throw new Failed("a key for another algorithm");
      return importEd25519(base64url(jwk.x));
    }
    if (jwk.kty === "EC" && jwk.crv === "P-256") {
      if (jwk.alg !== undefined && jwk.alg !== "ES256") throw new Failed("a key for another algorithm");
      const [x, y] = [base64url(jwk.x), base64url(jwk.y)];
      if (x.length !== 32 || y.length !== 32) throw new Failed("a P-256 key of another length");
      return imported("raw", Uint8Array.from([4, ...x, ...y]), { name: "ECDSA", namedCurve: "P-256" }, "P-256");
    }
    if (jwk.kty === undefined || jwk.kty === "oct" || (jwk.kty !== "RSA" && jwk.crv === undefined)) throw new Failed("no public key");
    if (jwk.kty === "OKP") throw new Failed("a key that signs nothing");
    throw new Unknown("a key of a kind not checked here");
  };

  // Where the document of an identifier is; null for a did:key, which is its own.
  const addressOf = (identifier, ownHost) => {
    if (identifier.startsWith("did:web:")) {
      const [host, ...path] = identifier.slice(8).split(":");
      const name = host.replace(/%3A/i, ":");
      const good = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[1-9]\d{0,4})?$/i.test(name);
      const plain = path.every((part) => /^(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+$/.test(part) && !/^\.+$/.test(part) && !/%2f|%5c/i.test(part));
      if (!good || !plain || /^[\d.]+(?::\d+)?$/.test(name)) throw new Failed("no did:web identifier");
      const scheme = name === ownHost ? "http" : "https";
      return `${scheme}://${name}/${path.join("/") || ".well-known"}/did.json`;
    }
    if (identifier.startsWith("did:")) throw new Unknown("an issuer named in a way not known here");
    let url;
    try {
      url = new URL(identifier);
    } catch {
      throw new Failed("the issuer is neither a DID nor an https address");
    }
    if (url.protocol !== "https:" || identifier.includes("#")) throw new Failed("the issuer is neither a DID nor an https address");
    return identifier;
  };

  const keyDocument = (identifier) => {
    const multibase = identifier.slice("did:key:".length);
    const id = `${identifier}#${multibase}`;
    const method = { id, type: "Multikey", controller: identifier, publicKeyMultibase: multibase };
    return { id: identifier, verificationMethod: [method], assertionMethod: [id] };
  };

  const resolve = async (identifier, how) => {
    if (identifier.startsWith("did:key:")) return keyDocument(identifier);
    const address = addressOf(identifier, how.ownHost);
    const text = await how.ask(address, DOCUMENT);
    let document;
    try {
      document = parseObject(text);
    } catch (error) {
      throw new Unknown(`${address}: ${error.message}`);
    }
    if (document.id !== identifier) throw new Failed("the document at the issuer's address is about somebody else");
    return document;
  };

  // The issuer's key under that name, if its document allows it to sign badges at that time.
  const findKey = async (issuer, method, how) => {
    if (typeof method !== "string" || method.split("#")[0] !== issuer || !method.includes("#")) {
      throw new Failed("the key that is named is not one of the issuer's");
    }
    const document = await resolve(issuer, how);
    // What a document writes as #name is the name below its own identifier.
    const isMeant = (one) => {
      const name = isObject(one) ? one.id : one;
      return (typeof name === "string" && name.startsWith("#") ? issuer + name : name) === method;
    };
    const allowed = listed(document.assertionMethod).filter(isMeant);
    if (!allowed.length) throw new Failed("the issuer does not list the key that signed this");
    const found = [...allowed, ...listed(document.verificationMethod).filter(isMeant)].filter(isObject);
    if (found.length !== 1) throw new Failed(`the issuer describes the key ${found.length} times`);
    const [entry] = found;
    if (entry.controller !== issuer) throw new Failed("the key's controller is not the issuer");
    for (const name of ["revoked", "expires"]) {
      if (!(name in entry)) continue;
      const end = parseDate(entry[name]);
      if (end === null || how.at >= end) throw new Failed(`the key is out of use: ${name}`);
    }
    return importMethod(entry);
  };

  const importMethod = async (entry) => {
    const forms = Object.keys(entry).filter((name) => name.startsWith("publicKey"));
    const secret = Object.keys(entry).some((name) => /^(?:secret|private)Key/.test(name));
    if (forms.length !== 1 || secret) throw new Failed("the issuer's document holds no usable key there");
    if (forms[0] === "publicKeyMultibase" && ["Multikey", "Ed25519VerificationKey2020"].includes(entry.type)) {
      const key = await importMultibase(entry.publicKeyMultibase);
      if (entry.type !== "Multikey" && key.kind !== "Ed25519") throw new Failed("the key is not of the kind its type names");
      return key;
    }
    if (forms[0] === "publicKeyJwk" && ["JsonWebKey", "JsonWebKey2020"].includes(entry.type)) return importJwk(entry.publicKeyJwk);
    if (forms[0] === "publicKeyBase58" && entry.type === "Ed25519VerificationKey2018") throw new Unknown("a key of a kind not checked here");
    throw new Failed("the issuer's document holds no usable key there");
  };

  const isSignedBy = async ({ kind, key }, signature, data) => {
    if (signature.length !== 64) return false;
    const algorithm = kind === "Ed25519" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
    return crypto.subtle.verify(algorithm, key, signature, data);
  };

  Object.assign(plaudit, { findKey, isSignedBy });
})();
