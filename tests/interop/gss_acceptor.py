"""A GSS-API acceptor of MIT krb5: one token in, one token out, each behind its length in four bytes.

Prints its port, then for each connection the initiator's name or the error's numbers and text.
"""

import socket
import struct
import sys

import gssapi


def read(connection, length):
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def main():
    # An error that has a token for the initiator is raised at once, with that token.
    gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    for _ in range(int(sys.argv[1])):
        connection, _ = listener.accept()
        with connection:
            length = struct.unpack(">I", read(connection, 4))[0]
            token = read(connection, length)
            reply = b""
            try:
                credentials = gssapi.Credentials(usage="accept")
                context = gssapi.SecurityContext(creds=credentials, usage="accept")
                reply = context.step(token) or b""
                name = context.initiator_name
                delegated = context.delegated_creds
                told = f"accepted {name}"
                if delegated is not None:
                    told += f" delegating {delegated.name}"
            except gssapi.exceptions.GSSError as error:
                reply = error.token or b""
                told = f"refused {error.maj_code} {error.min_code} {error.gen_message()}"
            connection.sendall(struct.pack(">I", len(reply)) + reply)
            print(" ".join(told.split()), flush=True)


main()
