// Package faults tests what happens to people at work while a part of an installation
// fails or is replaced. Its tests run the program itself, several processes of it behind
// HAProxy, and see to three things: nobody gets a wrong answer, nothing that was
// acknowledged is lost, and after the fault everything goes on by itself. How long that
// takes is printed; `make faults` keeps it.
package faults
