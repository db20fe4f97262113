// A Go program of the usual kind: its own runtime, threads, garbage collector and system calls, no C library.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	var group sync.WaitGroup
	var lock sync.Mutex
	sums := map[int]string{}
	for i := 0; i < 64; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			data := []byte(strings.Repeat(fmt.Sprint(i), 20000))
			sum := sha256.Sum256(data)
			lock.Lock()
			sums[i] = fmt.Sprintf("%x", sum[:8])
			lock.Unlock()
		}(i)
	}
	group.Wait()
	text, _ := json.Marshal(sums)
	fmt.Printf("%x\n", sha256.Sum256(text))

	channel := make(chan int, 3)
	go func() {
		for i := 0; i < 100000; i++ {
			channel <- i
		}
		close(channel)
	}()
	total := 0
	for value := range channel {
		total += value
	}
	fmt.Println(total)

	var kept [][]byte
	for i := 0; i < 2000; i++ {
		kept = append(kept, make([]byte, 10000))
		if len(kept) > 100 {
			kept = kept[50:]
		}
	}
	runtime.GC()
	fmt.Println(len(kept) > 0)

	directory, err := os.MkdirTemp("", "go")
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"b", "a", "c"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(name), 0o640); err != nil {
			panic(err)
		}
	}
	entries, _ := os.ReadDir(directory)
	names := []string{}
	for _, entry := range entries {
		info, _ := entry.Info()
		names = append(names, fmt.Sprint(entry.Name(), info.Mode(), info.Size()))
	}
	sort.Strings(names)
	fmt.Println(names)
	_, err = os.Open(filepath.Join(directory, "nothing"))
	fmt.Println(errors.Is(err, os.ErrNotExist))

	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(time.Since(start) >= 20*time.Millisecond)
	ticker := time.NewTicker(5 * time.Millisecond)
	for i := 0; i < 3; i++ {
		<-ticker.C
	}

	defer func() {
		fmt.Println("recovered:", recover())
		var nothing *int
		defer func() { fmt.Println("null:", recover()); os.Exit(3) }()
		fmt.Println(*nothing)
	}()
	var list []int
	fmt.Println(list[len(os.Args)])
}
