// gokrb5's client: logs in, gets a service ticket and shows it to an acceptor.
//
//	gokrb5 KRB5_CONF USER REALM PASSWORD SERVICE [ACCEPTOR]
//
// It prints one line per step, and ends with status 1 at the first that fails, with the error as gokrb5 words it.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/spnego"
)

func check(step string, err error) {
	if err != nil {
		fmt.Printf("%s: %s\n", step, strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

// exchange carries one token, behind its length, in each direction.
func exchange(address string, token []byte) ([]byte, error) {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	length := make([]byte, 4)
	binary.BigEndian.PutUint32(length, uint32(len(token)))
	if _, err = connection.Write(append(length, token...)); err != nil {
		return nil, err
	}
	if _, err = io.ReadFull(connection, length); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.BigEndian.Uint32(length))
	_, err = io.ReadFull(connection, answer)
	return answer, err
}

func main() {
	arguments := os.Args[1:]
	conf, err := config.Load(arguments[0])
	check("config", err)
	cl := client.NewWithPassword(arguments[1], arguments[2], arguments[3], conf, client.DisablePAFXFAST(true))
	defer cl.Destroy()
	check("login", cl.Login())
	fmt.Println("login: ok")
	ticket, key, err := cl.GetServiceTicket(arguments[4])
	check("ticket", err)
	fmt.Printf("ticket: %s@%s kvno %d\n", ticket.SName.PrincipalNameString(), ticket.Realm, ticket.EncPart.KVNO)
	if len(arguments) < 6 {
		return
	}
	// gokrb5 reads no AP-REP, so it asks for none unless told to; the answer shows what the acceptor thought.
	gssFlags := []int{gssapi.ContextFlagInteg, gssapi.ContextFlagMutual}
	token, err := spnego.NewKRB5TokenAPREQ(cl, ticket, key, gssFlags, []int{flags.APOptionMutualRequired})
	check("token", err)
	bytes, err := token.Marshal()
	check("token", err)
	answer, err := exchange(arguments[5], bytes)
	check("session", err)
	var answered spnego.KRB5Token
	check("answer", answered.Unmarshal(answer))
	switch {
	case answered.IsAPRep():
		fmt.Println("session: AP-REP")
	case answered.IsKRBError():
		check("session", answered.KRBError)
	}
}
