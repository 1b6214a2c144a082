export type {
  HttpBody,
  HttpHeaders,
  HttpMethod,
  HttpRequest,
  HttpResponse,
  Middleware,
  ProxySettings,
  TlsSettings,
  Transport,
  TransportOptions,
  TrustSettings,
} from './types.ts';
