"""A gRPC server whose one method says who calls. It asks Keycloak about the token of each call, as the client orders-api.

grpc_server.py ISSUER [CERTIFICATE KEY]: prints its port, and serves until its input ends; by TLS if it has a certificate."""

import base64
import concurrent.futures
import json
import pathlib
import sys
import urllib.parse
import urllib.request

import grpc

ISSUER, *FILES = sys.argv[1:]


def introspect(token):
    request = urllib.request.Request(f"{ISSUER}/protocol/openid-connect/token/introspect", urllib.parse.urlencode({"token": token}).encode())
    request.add_header("Authorization", "Basic " + base64.b64encode(b"orders-api:orders-secret").decode())
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def who(_, context):
    given = [value for name, value in context.invocation_metadata() if name == "authorization"]
    if len(given) != 1 or not given[0].startswith("Bearer "):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "there is no token")
    answer = introspect(given[0].removeprefix("Bearer "))
    if not answer["active"]:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is not active")
    return answer["username"].encode()


server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
handlers = {"Who": grpc.unary_unary_rpc_method_handler(who)}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("orders.Orders", handlers),))
if FILES:
    certificate, key = (pathlib.Path(name).read_bytes() for name in FILES)
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
print(port, flush=True)
server.start()
sys.stdin.read()
