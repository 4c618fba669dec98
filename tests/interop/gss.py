"""GSS-API of MIT krb5, told what to do line by line: fields between tabs, binary ones in hexadecimal.

login     KRB5_CONF KIND PRINCIPAL SECRET          -> done | failed
initiate  KRB5_CONF KIND PRINCIPAL SECRET SERVICE  -> token TOKEN | failed
answer    TOKEN                                    -> done | failed
accept    KRB5_CONF KEYTAB                TOKEN    -> accepted TOKEN INITIATOR | refused TOKEN

KIND is `password`, `keytab` or, to initiate, `ccache`. `failed` and `refused` end with the minor code and the
texts of the error.

A context step by step, and its messages:

environment  NAME VALUE                                -> done
initiator    KRB5_CONF MECHANISM CCACHE SERVICE        -> done | failed
acceptor     KRB5_CONF MECHANISM KEYTAB                -> done | failed
step         TOKEN                                     -> token TOKEN | established TOKEN INITIATOR MECHANISM
                                                          | refused TOKEN
mic          MESSAGE                                   -> token TOKEN | failed
verify       MESSAGE TOKEN                             -> done | failed
wrap         true|false MESSAGE                        -> token TOKEN | failed
unwrap       TOKEN                                     -> token MESSAGE true|false | failed

MECHANISM is `kerberos`, `ntlmssp` or `spnego`; `established` tells the object identifier of the one that was chosen.
An empty KEYTAB or CCACHE is none.
"""

import itertools
import os
import sys
import threading

import gssapi

Flag = gssapi.RequirementFlag
KERBEROS = gssapi.MechType.kerberos
MECHANISMS = {
    "kerberos": KERBEROS,
    "ntlmssp": gssapi.OID.from_int_seq("1.3.6.1.4.1.311.2.2.10"),
    "spnego": gssapi.OID.from_int_seq("1.3.6.1.5.5.2"),
}
WITH_CONF = ("login", "initiate", "accept", "initiator", "acceptor")
EMPTY_CACHES = (f"MEMORY:{number}" for number in itertools.count())


def acquired(kind, principal, secret):
    name = gssapi.Name(principal, gssapi.NameType.kerberos_principal)
    if kind == "password":
        result = gssapi.raw.acquire_cred_with_password(
            name, secret.encode(), usage="initiate", mechs=[KERBEROS]
        )
        return gssapi.Credentials(base=result.creds)
    store = {"client_keytab": secret, "ccache": next(EMPTY_CACHES)}
    creds = gssapi.Credentials(name=name, usage="initiate", mechs=[KERBEROS], store=store)
    # Only whoever asks for something makes it log in.
    creds.inquire()
    return creds


def channel(bindings):
    return gssapi.raw.ChannelBindings(application_data=bindings.encode()) if bindings else None


def initiator(kind, principal, secret, service, mutual, bindings):
    creds = None
    if kind == "ccache":
        # The default cache; whether anything is in it shows when the token is made.
        os.environ["KRB5CCNAME"] = "FILE:" + secret
    else:
        creds = acquired(kind, principal, secret)
    return gssapi.SecurityContext(
        name=gssapi.Name(service, gssapi.NameType.hostbased_service),
        creds=creds,
        usage="initiate",
        mech=KERBEROS,
        # No flag at all would mean the default ones, with mutual authentication.
        flags=Flag.mutual_authentication if mutual == "true" else Flag.integrity,
        channel_bindings=channel(bindings),
    )


def accept(keytab, token, bindings):
    creds = gssapi.Credentials(usage="accept", mechs=[KERBEROS], store={"keytab": keytab})
    context = gssapi.SecurityContext(
        creds=creds, usage="accept", channel_bindings=channel(bindings)
    )
    answer = context.step(token) or b""
    told = str(context.initiator_name)
    if context.delegated_creds is not None:
        told += f" delegating {context.delegated_creds.name}"
    return ["accepted", answer.hex(), told]


def stepwise_initiator(mechanism, ccache, service):
    os.environ["KRB5CCNAME"] = "FILE:" + ccache if ccache else next(EMPTY_CACHES)
    return gssapi.SecurityContext(
        name=gssapi.Name(service, gssapi.NameType.hostbased_service),
        usage="initiate",
        mech=MECHANISMS[mechanism],
        flags=Flag.mutual_authentication
        | Flag.integrity
        | Flag.confidentiality
        | Flag.replay_detection
        | Flag.out_of_sequence_detection,
    )


def stepwise_acceptor(mechanism, keytab):
    store = {"keytab": keytab} if keytab else None
    creds = gssapi.Credentials(usage="accept", mechs=[MECHANISMS[mechanism]], store=store)
    return gssapi.SecurityContext(creds=creds, usage="accept")


def step(token):
    answer = (context.step(token or None) or b"").hex()
    if not context.complete:
        return ["token", answer]
    return ["established", answer, str(context.initiator_name), context.mech.dotted_form]


def problem(error):
    texts = error.get_all_statuses(error.maj_code, True)
    texts += error.get_all_statuses(error.min_code, False)
    return [str(error.min_code), *texts]


def obey(verb, fields):
    """Does one thing and says how it ended."""
    global context
    try:
        match verb:
            case "accept":
                return accept(fields[0], bytes.fromhex(fields[1]), fields[2])
            case "answer":
                context.step(bytes.fromhex(fields[0]))
            case "initiate":
                context = initiator(*fields)
                return ["token", context.step().hex()]
            case "login":
                acquired(*fields)
            case "environment":
                os.environ[fields[0]] = fields[1]
            case "initiator":
                context = stepwise_initiator(*fields)
            case "acceptor":
                context = stepwise_acceptor(*fields)
            case "step":
                return step(bytes.fromhex(fields[0]))
            case "mic":
                return ["token", context.get_signature(bytes.fromhex(fields[0])).hex()]
            case "verify":
                context.verify_signature(*map(bytes.fromhex, fields))
            case "wrap":
                wrapped = context.wrap(bytes.fromhex(fields[1]), fields[0] == "true")
                return ["token", wrapped.message.hex()]
            case "unwrap":
                unwrapped = context.unwrap(bytes.fromhex(fields[0]))
                return ["token", unwrapped.message.hex(), str(unwrapped.encrypted).lower()]
        return ["done"]
    except gssapi.exceptions.GSSError as error:
        is_refused = verb in ("accept", "step")
        token = [(error.token or b"").hex()] if is_refused else []
        return ["refused" if is_refused else "failed", *token, *problem(error)]


def main():
    # An error that has a token for the initiator is raised at once, with that token.
    gssapi.SecurityContext.__DEFER_STEP_ERRORS__ = False
    for line in sys.stdin:
        verb, *fields = line.rstrip("\n").split("\t")
        if verb in WITH_CONF:
            conf = fields.pop(0)
            os.environ["KRB5_CONFIG"] = conf
            os.environ["KRB5RCACHENAME"] = "file2:" + os.path.join(os.path.dirname(conf), "rcache")
        told = []
        # The library keeps the texts of errors for each thread, and takes an old one where it has no new one.
        thread = threading.Thread(target=lambda: told.extend(obey(verb, fields)))
        thread.start()
        thread.join()
        print("\t".join(told), flush=True)


context = None
main()
