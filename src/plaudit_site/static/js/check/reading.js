// What a badge travels in, read strictly: JSON in which nothing is said twice, a compact JWS, a PNG or an SVG picture.
// These scripts are plain ones, in the order of the page, so that they also work inside one saved file.
(() => {
  class Failed extends Error {}
  class Unknown extends Error {}

  const MOST_BYTES = 5 * 1024 * 1024;
  const MOST_DEPTH = 40;
  const DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
  const JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
  const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const PDF = [0x25, 0x50, 0x44, 0x46, 0x2d];
  const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  const listed = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  // JSON.parse takes the last of two members with one name; another reader may take the first.
  const parseJson = (text) => {
    let value;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new Failed(`no JSON: ${error.message}`);
    }
    const stack = [];
    for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
      const [sign] = token;
      const top = stack.at(-1);
      if (sign === "{" || sign === "[") {
        stack.push({ names: sign === "{" ? new Set() : null, name: sign === "{" });
        if (stack.length > MOST_DEPTH) throw new Failed("nested too deeply");
      } else if (sign === "}" || sign === "]") stack.pop();
      else if (sign === ",") top.name = top.names !== null;
      else if (sign === ":") top.name = false;
      else if (sign[0] === '"') readString(JSON.parse(sign), top);
      else if (/^-?\d/.test(sign)) readNumber(sign);
    }
    return value;
  };

  const readString = (string, top) => {
    if (!string.isWellFormed() || /[\ufffe\uffff\0]/.test(string)) throw new Failed("a text with characters that are none");
    if (top?.name) {
      if (top.names.has(string)) throw new Failed(`the member ${JSON.stringify(string)} is there twice`);
      top.names.add(string);
    }
  };

  const readNumber = (sign) => {
    const number = Number(sign);
    if (!Number.isFinite(number)) throw new Failed("a number larger than any that is exchanged");
    if (/^-?\d+$/.test(sign) && !Number.isSafeInteger(number)) throw new Failed("a whole number that loses digits");
  };

  const parseObject = (text) => {
    const value = parseJson(text);
    if (!isObject(value)) throw new Failed("no JSON object");
    return value;
  };

  const decodeText = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Failed("no UTF-8 text");
    }
  };

  const parseDate = (value) => {
    if (typeof value !== "string" || !DATE.test(value)) return null;
    const at = Date.parse(value);
    if (Number.isNaN(at)) return null;
    const [year, month, day] = value.slice(0, 10).split("-").map(Number);
    return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? at : null;
  };

  const base64url = (text) => {
    if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Failed("no base64url");
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    if (toBase64url(bytes) !== text) throw new Failed("base64url that does not end as it should");
    return bytes;
  };

  const toBase64url = (bytes) => {
    let binary = "";
    for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };

  const base58 = (text) => {
    if (typeof text !== "string" || text.length > 200) throw new Failed("no base58");
    let number = 0n;
    for (const sign of text) {
      const value = BASE58.indexOf(sign);
      if (value < 0) throw new Failed("no base58");
      number = number * 58n + BigInt(value);
    }
    const bytes = [];
    for (; number > 0n; number >>= 8n) bytes.unshift(Number(number & 255n));
    const zeros = text.length - text.replace(/^1+/, "").length;
    return Uint8Array.from([...new Array(zeros).fill(0), ...bytes]);
  };

  // Containers

  const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  const crc32 = (bytes) => {
    let c = 0xffffffff;
    for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
    return (c ^ 0xffffffff) >>> 0;
  };

  const fromPng = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const found = [];
    let older = false;
    for (let at = 8; ; ) {
      if (at + 12 > bytes.length) throw new Failed("the PNG is cut short");
      const length = view.getUint32(at);
      const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      if (at + 12 + length > bytes.length) throw new Failed("the PNG is cut short");
      if (kind === "IEND") break;
      if ((at === 8) !== (kind === "IHDR")) throw new Failed("the PNG is not in order");
      if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) throw new Failed("the PNG is damaged");
      const data = bytes.subarray(at + 8, at + 8 + length);
      const name = String.fromCharCode(...data.subarray(0, 80)).split("\0")[0];
      const isText = ["iTXt", "tEXt", "zTXt"].includes(kind);
      if (isText && name === "openbadges") older = true;
      if (isText && name === "openbadgecredential") found.push([kind, data, name.length]);
      at += 12 + length;
    }
    const texts = found.map(([kind, data, length]) => {
      if (kind !== "iTXt" || data[length + 1] !== 0) throw new Unknown("a badge packed in a way that is not read here");
      const rest = decodeText(data.subarray(length + 3)).split("\0");
      return rest.slice(2).join("\0");
    });
    return once(texts, older);
  };

  const fromSvg = (text) => {
    if (/<!\s*(?:DOCTYPE[^<>[]*[<[]|ENTITY)/i.test(text)) throw new Failed("an SVG that declares entities is not read");
    const root = new DOMParser().parseFromString(text, "image/svg+xml");
    if (root.querySelector("parsererror")) throw new Failed("the picture is not well-formed XML");
    const found = [...root.getElementsByTagNameNS("https://purl.imsglobal.org/ob/v3p0", "credential")];
    if (root.documentElement.namespaceURI !== "http://www.w3.org/2000/svg" || root.documentElement.localName !== "svg") {
      throw new Failed("the XML is no SVG picture");
    }
    if (found.some((one) => one.childElementCount)) throw new Failed("the badge in the SVG has elements inside");
    const parts = found.map((one) => [one.textContent.trim(), (one.getAttribute("verify") ?? "").trim()]);
    if (parts.some(([text, token]) => text && token && text !== token)) throw new Failed("the badge in the SVG is there twice");
    const older = root.getElementsByTagNameNS("http://openbadges.org", "assertion").length > 0;
    return once(parts.map(([text, token]) => text || token), older);
  };

  const once = (found, older) => {
    if (older) throw new Unknown("a badge of version 2 holds because of where it stands: the site checks it, not this page");
    if (found.length > 1) throw new Failed("the picture holds more than one badge");
    if (!found.length) throw new Failed("there is no badge in this picture");
    return found[0];
  };

  // The text of the badge in a file: JSON, or a compact JWS.
  const unpack = (bytes) => {
    if (bytes.length > MOST_BYTES) throw new Failed("more than 5 MB");
    if (PNG.every((byte, i) => bytes[i] === byte)) return fromPng(bytes);
    if (PDF.every((byte, i) => bytes[i] === byte)) throw new Unknown("what is attached to a PDF is not read here: the site reads it");
    const text = decodeText(bytes);
    const plain = text.replace(/^\ufeff/, "");
    return plain.trimStart().startsWith("<") ? fromSvg(plain) : plain;
  };

  globalThis.plaudit = {
    Failed, Unknown, base58, base64url, isObject, isJws: (text) => JWS.test(text.trim()), listed, parseDate, parseObject, unpack,
  };
})();
