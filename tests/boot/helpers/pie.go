// What pie.c does, for Go's own runtime.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"sync"
)

var numbers = [4]int{1, 2, 3, 4}
var third = &numbers[2]
var words = map[string]*int{"one": &numbers[0], "two": &numbers[1]}
var operations = []func(int, int) int{func(a, b int) int { return a + b }, func(a, b int) int { return a * b }}

func need(holds bool, what string) {
	if !holds {
		fmt.Println("broken:", what)
		os.Exit(1)
	}
}

func main() {
	need(len(os.Args) == 2 && os.Args[1] == "argument", "arguments")
	need(*third == 3 && *words["two"] == 2, "addresses in data")
	need(operations[0](3, 4) == 7 && operations[1](3, 4) == 12, "functions by address")
	sums := make([]int, 16)
	var group sync.WaitGroup
	for i := range sums {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			block := make([]int, 10000)
			for j := range block {
				block[j] = i * j
			}
			sums[i] = block[9999]
			runtime.GC()
		}(i)
	}
	group.Wait()
	for i, sum := range sums {
		need(sum == i*9999, "a goroutine's sum")
	}
	sort.Slice(sums, func(a, b int) bool { return sums[a] > sums[b] })
	need(sums[0] == 15*9999, "a function called by the library")
	maps, err := os.ReadFile("/proc/self/maps")
	need(err == nil, "/proc/self/maps")
	fmt.Printf("sound\n%s", maps)
	os.Exit(7)
}
