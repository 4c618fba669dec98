"""A Samba AD DC in a private directory, of which only the KDC runs.

`samba_realm.py DIRECTORY REALM` makes the domain and says so with one line. From then on it answers
each line of its input, a verb and its arguments in JSON, with one line. At the end of its input it
stops Samba and removes the directory.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import time

import ldb
from samba import version
from samba.auth import system_session
from samba.dcerpc import drsblobs, security
from samba.ndr import ndr_pack
from samba.net import Net
from samba.credentials import Credentials
from samba import dckeytab  # noqa: F401, adds Net.export_keytab
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB

SMB_CONF = """[global]
    netbios name = DC1
    workgroup = {workgroup}
    realm = {realm}
    server role = active directory domain controller
    server services = kdc
    kpasswd port = 0
    interfaces = 127.0.0.1
    bind interfaces only = yes
    private dir = {directory}/private
    lock directory = {directory}/lock
    state directory = {directory}/state
    cache directory = {directory}/cache
    pid directory = {directory}/run
    ncalrpc dir = {directory}/ncalrpc
    ntp signd socket directory = {directory}/ntp_signd
    binddns dir = {directory}/bind-dns
    log level = 1
    ldb:nosync = yes
[sysvol]
    path = {directory}/state/sysvol
[netlogon]
    path = {directory}/state/sysvol/scripts
"""
PASSWORD = "Correct-Horse-1"
# Of the trust's key, on both sides.
TRUST_PASSWORD = "Trust-Secret-1"


class Domain:
    def __init__(self, directory, realm):
        self.directory, self.samba = directory, None
        for name in ["etc", "lock", "cache", "run"]:
            os.mkdir(f"{directory}/{name}")
        self.smb_conf = f"{directory}/etc/smb.conf"
        workgroup = realm.split(".")[0]
        with open(self.smb_conf, "w") as file:
            file.write(SMB_CONF.format(directory=directory, realm=realm, workgroup=workgroup))
        self.lp = LoadParm()
        self.lp.load(self.smb_conf)
        logger = logging.getLogger("provision")
        logger.setLevel(logging.WARNING)
        provision(
            logger,
            system_session(),
            smbconf=self.smb_conf,
            realm=realm,
            domain=workgroup,
            hostname="dc1",
            hostip="127.0.0.1",
            adminpass=PASSWORD,
            dns_backend="NONE",
            serverrole="active directory domain controller",
            base_schema="2008_R2",
            dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
            # Access control lists of files need a file system that keeps them; no file is served.
            use_ntvfs=True,
            skip_sysvolacl=True,
            lp=self.lp,
        )
        self.samdb = SamDB(url=f"{directory}/private/sam.ldb", session_info=system_session(), lp=self.lp)
        self.domain_dn = str(self.samdb.domain_dn())
        self.modify(self.domain_dn, {"lockoutThreshold": "3"})

    def start(self, port):
        log = open(f"{self.directory}/samba.out", "w")
        # Samba ends with its standard input, so it ends even where this process is killed.
        self.samba = subprocess.Popen(
            [
                "samba",
                f"--configfile={self.smb_conf}",
                f"--option=krb5 port={port}",
                "--model=single",
                "--interactive",
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        return self.samba.pid

    def version(self):
        return version

    def runs(self):
        return self.samba.poll() is None

    def stop(self):
        if self.samba is not None:
            self.samba.terminate()
            self.samba.wait()

    def dn(self, account):
        """The DN of an account, given by its name, or a DN as it is."""
        if "=" in account:
            return account
        found = self.samdb.search(self.domain_dn, expression=f"(sAMAccountName={account})", attrs=[])
        return str(found[0].dn)

    def add(self, account, attributes):
        """A user, with PASSWORD unless `attributes` say otherwise."""
        entry = {
            "dn": f"CN={account.rstrip('$')},CN=Users,{self.domain_dn}",
            "objectClass": "computer" if account.endswith("$") else "user",
            "sAMAccountName": account,
            "userAccountControl": "4096" if account.endswith("$") else "512",
            "unicodePwd": f'"{PASSWORD}"'.encode("utf-16-le"),
        }
        self.samdb.add(entry | attributes)

    def modify(self, account, attributes):
        """Replaces attributes; an empty list removes one."""
        self.samdb.modify(self.message(account, attributes))

    def overwrite(self, account, attributes):
        """Replaces attributes behind the back of the rules of the directory."""
        name = self.domain_dn.upper()
        partition = ldb.Ldb(f"{self.directory}/private/sam.ldb.d/{name}.ldb")
        partition.modify(self.message(account, attributes))

    def message(self, account, attributes):
        message = ldb.Message(ldb.Dn(self.samdb, self.dn(account)))
        for name, value in attributes.items():
            message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
        return message

    def reset_password(self, account, password):
        self.modify(account, {"unicodePwd": f'"{password}"'.encode("utf-16-le")})

    def trust(self, realm, attributes):
        """A two-way trust with the domain `realm`, as its trusted domain object alone."""
        secret = drsblobs.AuthInfoClear()
        password = TRUST_PASSWORD.encode("utf-16-le")
        secret.size, secret.password = len(password), list(password)
        info = drsblobs.AuthenticationInformation()
        info.LastUpdateTime = int(time.time() + 11644473600) * 10**7
        info.AuthType = 2
        info.AuthInfo = secret
        version = drsblobs.AuthenticationInformation()
        version.LastUpdateTime = info.LastUpdateTime
        version.AuthType = 3
        version.AuthInfo = drsblobs.AuthInfoVersion()
        version.AuthInfo.size, version.AuthInfo.version = 4, 1
        array = drsblobs.AuthenticationInformationArray()
        array.count, array.array = 2, [info, version]
        blob = drsblobs.trustAuthInOutBlob()
        blob.count, blob.current = 1, array
        flat = realm.split(".")[0]
        self.samdb.add(
            {
                "dn": f"CN={realm.lower()},CN=System,{self.domain_dn}",
                "objectClass": "trustedDomain",
                "trustType": "2",
                "trustAttributes": "8",
                "trustDirection": "3",
                "flatName": flat,
                "trustPartner": realm.lower(),
                "securityIdentifier": ndr_pack(security.dom_sid(f"S-1-5-21-1-2-{sum(realm.encode())}")),
                "trustAuthIncoming": ndr_pack(blob),
                "trustAuthOutgoing": ndr_pack(blob),
                "msDS-SupportedEncryptionTypes": "24",
            }
            | attributes
        )

    def keytab(self):
        """The keys of every account, in a file."""
        path = f"{self.directory}/all.keytab"
        if os.path.exists(path):
            os.remove(path)
        Net(Credentials(), self.lp).export_keytab(keytab=path)
        return path


def bytes_of(value):
    if isinstance(value, list):
        return [bytes_of(item) for item in value]
    return bytes.fromhex(value[4:]) if value.startswith("hex:") else value


def main():
    directory, realm = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    domain = Domain(directory, realm)
    print(file=answers, flush=True)
    try:
        for line in sys.stdin:
            verb, *arguments = json.loads(line)
            if arguments and isinstance(arguments[-1], dict):
                arguments[-1] = {name: bytes_of(value) for name, value in arguments[-1].items()}
            try:
                answer = getattr(domain, verb)(*arguments)
            except ldb.LdbError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        domain.stop()
        shutil.rmtree(directory)


main()
